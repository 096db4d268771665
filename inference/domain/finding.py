"""Which boxes of a detector are of things that are truly there."""

from __future__ import annotations

import numpy as np

RIGHT_FROM = 0.5


def hits(boxes: np.ndarray, labels: np.ndarray, held: np.ndarray, held_labels: np.ndarray) -> np.ndarray:
    """For each box [K, 4], the surest first, whether it is of a held one [M, 4] of its label, each held one once.

    Overlap (intersection over union) of RIGHT_FROM or more (Everingham et al. 2010, section 4.2). Boxes are
    x1, y1, x2, y2.
    """
    right = np.zeros(len(boxes), dtype=bool)
    free = np.ones(len(held), dtype=bool)
    for place, (box, label) in enumerate(zip(boxes, labels, strict=True)):
        overlap = np.where(free & (held_labels == label), _overlap(box, held), 0)
        if len(overlap) and overlap.max() >= RIGHT_FROM:
            free[overlap.argmax()] = False
            right[place] = True
    return right


def _overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    corners = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.prod(np.clip(corners, 0, None), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    return shared / np.maximum(np.prod(box[2:] - box[:2]) + areas - shared, 1e-9)
