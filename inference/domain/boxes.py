"""Boxes as a detector gives them out: doubles suppressed, and brought back to the upright picture's pixels."""

from __future__ import annotations

import numpy as np


def suppress(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, overlap: float) -> np.ndarray:
    """Indices kept by greedy non-maximum suppression within each label, the highest score first.

    boxes [K, 4] as x1, y1, x2, y2; scores [K]; labels [K]. A box goes where one of its label with a higher
    score overlaps it by more than `overlap` (intersection over union, 0..1).
    """
    order = np.argsort(-scores, kind="stable")
    areas = np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1)
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        corners = np.minimum(boxes[best, 2:], boxes[rest, 2:]) - np.maximum(boxes[best, :2], boxes[rest, :2])
        shared = np.prod(np.clip(corners, 0, None), axis=1)
        union = areas[best] + areas[rest] - shared
        same = labels[rest] == labels[best]
        order = rest[~(same & (shared > overlap * union))]
    return np.array(kept, dtype=np.intp)


def to_upright(boxes: np.ndarray, resize: str, width: int, height: int) -> np.ndarray:
    """Boxes [K, 4] in ratios of the model's square input, in pixels of the picture that filled it, cut to it.

    `resize` is that of imaging.Preprocessing; `width` and `height` are the upright picture's.
    """
    spans, start = _spans(resize, width, height)
    sides = np.array([width, height], dtype=np.float64)
    pixels = np.asarray(boxes, dtype=np.float64) * np.tile(spans, 2) + np.tile(start, 2)
    return np.clip(pixels, 0, np.tile(sides, 2))


def to_input(boxes: np.ndarray, resize: str, width: int, height: int) -> np.ndarray:
    """The inverse of `to_upright`: boxes [K, 4] in pixels of the upright picture as ratios of the model's square input.

    Of a picture that was cropped they may reach outside 0..1: they are not cut.
    """
    spans, start = _spans(resize, width, height)
    return (np.asarray(boxes, dtype=np.float64).reshape(-1, 4) - np.tile(start, 2)) / np.tile(spans, 2)


def _spans(resize: str, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """What of the upright picture fills the input: its sides and where it begins, both in pixels."""
    if resize == "letterbox":
        spans = np.array([max(width, height)] * 2, dtype=np.float64)
    elif resize == "crop":
        spans = np.array([min(width, height)] * 2, dtype=np.float64)
    else:
        spans = np.array([width, height], dtype=np.float64)
    return spans, (np.array([width, height], dtype=np.float64) - spans) / 2
