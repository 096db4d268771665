"""Which proposed boxes were right, by those that the project holds true."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labeling.domain.agreement.matching import iou
from labeling.domain.verification import RIGHT_FROM


def boxes_right(proposed: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]) -> list[bool]:
    """For each proposed region whether it is of a held one with its label, overlapping by RIGHT_FROM or more.

    The surest first takes what it overlaps most, and a held region is taken once: a box drawn twice is wrong once
    (Everingham et al. 2010, section 4.2). A region without a confidence comes last.
    """
    right = [False] * len(proposed)
    if not proposed or not held:
        return right
    boxes = [
        np.array([region["box"] for region in regions], dtype=np.float64) for regions in (proposed, held)
    ]
    overlap = iou(*boxes)
    free = set(range(len(held)))
    for place in sorted(range(len(proposed)), key=lambda i: -proposed[i].get("confidence", 0.0)):
        fitting = [
            other
            for other in free
            if held[other]["label"] == proposed[place]["label"] and overlap[place, other] >= RIGHT_FROM
        ]
        if fitting:
            free.remove(max(fitting, key=lambda other: overlap[place, other]))
            right[place] = True
    return right
