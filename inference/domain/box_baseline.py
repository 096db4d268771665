"""A detector tried on labelled images, beside a rule that needs no network: the boxes of the nearest other picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.domain.average_precision import Judged, evaluate_boxes, judged
from inference.domain.trivial import nearest_other

DRAWS = 1000
SEED = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """A labelled image of `width` × `height` pixels, all boxes x1, y1, x2, y2 in those: what the model found (`boxes`
    [K, 4], `scores` [K] 0..1, `labels` [K] indices), what is there (`held` [M, 4], `held_labels` [M] indices)."""

    width: int
    height: int
    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    held: np.ndarray
    held_labels: np.ndarray


def measured(
    seen: Sequence[Seen], thumbnails: np.ndarray, fold: np.ndarray, labels: Sequence[str], floor: float
) -> dict[str, Any]:
    """Figures of N ≥ 1 images with their thumbnails [N, D] and folds [N]; below `floor` nothing is proposed.

    `right` of `proposed` boxes and of `boxes` there are, `precision`, `recall`, `f1`, `map` and `per_label` as
    `average_precision.evaluate_boxes` has them; `empty`, the images in which nothing is; `thumbnail`, the same counts
    and `f1` of the rule; `ahead`, by how much the model's F1 is above the rule's, with its 95% interval; None where
    neither says anything and nothing is there.
    """
    model = [judged(each.boxes, each.scores, each.labels, each.held, each.held_labels) for each in seen]
    rule = [_copied(seen, place, other) for place, other in enumerate(nearest_other(thumbnails, fold))]
    ours, theirs = _counts(model, floor), _counts(rule, 0)
    figures = evaluate_boxes(model, labels, floor)
    del figures["count"]
    return {
        "right": int(ours[:, 0].sum()),
        "proposed": int(ours[:, 1].sum()),
        "boxes": int(ours[:, 2].sum()),
        "empty": sum(not len(each.held) for each in seen),
        **figures,
        "thumbnail": {
            "right": int(theirs[:, 0].sum()),
            "proposed": int(theirs[:, 1].sum()),
            "f1": _f1(theirs.sum(axis=0)),
        },
        "ahead": {"thumbnail": ahead(ours, theirs)},
    }


def ahead(first: np.ndarray, second: np.ndarray) -> list[float] | None:
    """How much higher, -1..1, the F1 of `first` is than that of `second`, with its 95% interval.

    Both are counts [N, 3] an image of the same images: right boxes, proposed ones, things there. The percentile
    bootstrap over images (Efron and Tibshirani 1993, section 13.3), DRAWS draws from SEED. None where nothing is
    counted.
    """
    higher, lower = _f1(first.sum(axis=0)), _f1(second.sum(axis=0))
    if higher is None or lower is None:
        return None
    random = np.random.default_rng(SEED)
    drawn = random.integers(0, len(first), (DRAWS, len(first)))
    ours, theirs = (counts[drawn].sum(axis=1) for counts in (first, second))
    gaps = _f1s(ours) - _f1s(theirs)
    low, high = np.quantile(gaps, (0.025, 0.975))
    return [higher - lower, float(low), float(high)]


def _copied(seen: Sequence[Seen], place: int, other: int | None) -> Judged:
    """The boxes of the other image, brought to this one's sides, held against what is there."""
    own = seen[place]
    if other is None:
        nothing = np.empty(0)
        return judged(nothing.reshape(0, 4), nothing, nothing.astype(np.intp), own.held, own.held_labels)
    theirs = seen[other]
    scale = np.tile([own.width / theirs.width, own.height / theirs.height], 2)
    boxes = theirs.held * scale
    return judged(boxes, np.ones(len(boxes)), theirs.held_labels, own.held, own.held_labels)


def _counts(images: Sequence[Judged], floor: float) -> np.ndarray:
    """Right boxes, proposed ones and things there [N, 3]."""
    sure = [each.scores >= floor for each in images]
    return np.array(
        [
            (int((each.right & kept).sum()), int(kept.sum()), len(each.held))
            for each, kept in zip(images, sure, strict=True)
        ],
        dtype=np.int64,
    ).reshape(-1, 3)


def _f1(counts: np.ndarray) -> float | None:
    right, proposed, held = (int(each) for each in counts)
    return 2 * right / (proposed + held) if proposed + held else None


def _f1s(counts: np.ndarray) -> np.ndarray:
    """F1 of each draw [DRAWS, 3]; 1 where nothing is there and nothing is proposed."""
    both = counts[:, 1] + counts[:, 2]
    return np.where(both > 0, 2 * counts[:, 0] / np.maximum(both, 1), 1.0)
