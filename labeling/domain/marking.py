"""Whether an answer says what is known: how gold and quizzes are marked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labeling.domain.agreement.assignment import assigned
from labeling.domain.agreement.matching import iou

LEAST_OVERLAP = 0.5
"""Intersection over union from which two boxes are of the same thing."""

LEAST_F1 = 0.8
"""How well the boxes drawn must fit those known."""


def is_right(said: Mapping[str, Any] | None, known: Mapping[str, Any]) -> bool:
    """Whether a wire value says what is known: the same label, or boxes with an F1 of 0.8 or more at IoU 0.5.

    None, for somebody who could not tell, is not right.
    """
    if said is None:
        return False
    if "label" in known:
        return said.get("label") == known["label"]
    return box_f1(said.get("regions", ()), known["regions"]) >= LEAST_F1


def box_f1(said: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]) -> float:
    """F1, 0..1, of regions `{label, box}` against those known: a pair counts from IoU 0.5 with the same label.

    F1 = 2 TP / (n + m) (van Rijsbergen 1979), TP the pairs of the assignment with the largest summed overlap.
    1 where both are empty.
    """
    if not said and not known:
        return 1.0
    if not said or not known:
        return 0.0
    boxes = [np.array([region["box"] for region in regions], dtype=np.float64) for regions in (said, known)]
    labels = [np.array([region["label"] for region in regions]) for regions in (said, known)]
    overlap = iou(*boxes)
    overlap = np.where((labels[0][:, None] == labels[1][None, :]) & (overlap >= LEAST_OVERLAP), overlap, 0.0)
    pairs = int((overlap[assigned(overlap)] > 0).sum())
    return 2 * pairs / (len(said) + len(known))
