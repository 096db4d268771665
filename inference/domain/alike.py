"""Whether two models, or a model and what is held true, say the same of a picture; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labeling.domain.agreement.assignment import assigned
from labeling.domain.agreement.matching import iou
from labeling.domain.verification import RIGHT_FROM


def alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """The same label; or as many boxes, each on one of the other's with its label, overlapping by RIGHT_FROM or more.

    Two detectors never draw the same box to the pixel, as `cells.same` would have it.
    """
    if "label" in one or "label" in other:
        return one.get("label") == other.get("label")
    return _all_met(one["regions"], other["regions"])


def _all_met(some: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]) -> bool:
    if len(some) != len(others):
        return False
    if not some:
        return True
    boxes = [np.array([region["box"] for region in regions], dtype=np.float64) for regions in (some, others)]
    labels = [np.array([region["label"] for region in regions]) for regions in (some, others)]
    fit = (iou(*boxes) >= RIGHT_FROM) & (labels[0][:, None] == labels[1][None, :])
    # The most that can be met one to one: a greedy choice may take what another needs.
    places, met = assigned(fit.astype(np.float64))
    return bool(fit[places, met].all())
