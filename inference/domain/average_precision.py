"""How good a detector is on images whose boxes are known: average precision, and precision and recall at its floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.domain.finding import hits


@dataclass(frozen=True, slots=True)
class Judged:
    """The boxes found in one image, the surest first: `scores` [K] 0..1, `labels` [K] indices, and which are `right`
    [K], each held thing once; `held` [M] are the labels of the things that are there."""

    scores: np.ndarray
    labels: np.ndarray
    right: np.ndarray
    held: np.ndarray


def judged(
    boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, held: np.ndarray, held_labels: np.ndarray
) -> Judged:
    """Found boxes [K, 4] held against those that are there [M, 4], both x1, y1, x2, y2 in one unit."""
    order = np.argsort(-scores, kind="stable")
    right = hits(boxes[order], labels[order], held, held_labels)
    return Judged(scores[order], labels[order], right, np.asarray(held_labels))


def average_precision(scores: np.ndarray, right: np.ndarray, held: int) -> float:
    """The area 0..1 under the precision that is reached at each recall, of boxes [K] of a label and `held` ≥ 1 things.

    Everingham et al. 2010, section 4.2, at every recall rather than at eleven (as from VOC 2010 on): the precision at
    a recall is the highest at that recall or a higher one.
    """
    hit = np.asarray(right, dtype=np.float64)[np.argsort(-scores, kind="stable")]
    found = np.cumsum(hit)
    precision = found / np.arange(1, len(hit) + 1)
    reached = np.maximum.accumulate(precision[::-1])[::-1]
    return float((reached * hit).sum() / held)


def evaluate_boxes(images: Sequence[Judged], labels: Sequence[str], floor: float) -> dict[str, Any]:
    """Figures of N ≥ 1 judged images, as JSON can hold them: `{count, map, precision, recall, f1, per_label}`.

    `map` is the mean over the labels that are there of their average precision at an overlap of
    `finding.RIGHT_FROM`, None where nothing is there; the others are of the boxes from `floor` up, None where nothing
    is proposed or there. Raises ValueError without images.
    """
    if not images:
        raise ValueError("A detector is measured on at least one image.")
    scores = np.concatenate([each.scores for each in images])
    kinds = np.concatenate([each.labels for each in images])
    right = np.concatenate([each.right for each in images])
    held = np.bincount(np.concatenate([each.held for each in images]).astype(np.intp), minlength=len(labels))
    sure = scores >= floor
    per_label = {}
    for number, label in enumerate(labels):
        own = kinds == number
        there = int(held[number])
        per_label[label] = {
            "ap": average_precision(scores[own], right[own], there) if there else None,
            **_counted(int((right & sure & own).sum()), int((sure & own).sum()), there),
            "support": there,
        }
    areas = [each["ap"] for each in per_label.values() if each["ap"] is not None]
    return {
        "count": len(images),
        "map": float(np.mean(areas)) if areas else None,
        **_counted(int((right & sure).sum()), int(sure.sum()), int(held.sum())),
        "per_label": per_label,
    }


def best_floor(images: Sequence[Judged]) -> float | None:
    """The score from which proposed boxes have the highest F1 over all labels; None where no box is right."""
    scores = np.concatenate([np.empty(0), *(each.scores for each in images)])
    right = np.concatenate([np.empty(0, dtype=bool), *(each.right for each in images)])
    if not right.any():
        return None
    held = sum(len(each.held) for each in images)
    order = np.argsort(-scores, kind="stable")
    f1 = 2 * np.cumsum(right[order]) / (np.arange(1, len(order) + 1) + held)
    return float(scores[order][f1.argmax()])


def _counted(right: int, proposed: int, held: int) -> dict[str, float | None]:
    return {
        "precision": right / proposed if proposed else None,
        "recall": right / held if held else None,
        "f1": 2 * right / (proposed + held) if proposed + held else None,
    }
