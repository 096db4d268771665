"""How good a classifier is on labelled images: accuracy, per label, confusion, calibration error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def confusion(truth: np.ndarray, predicted: np.ndarray, labels: int) -> np.ndarray:
    """Counts [C, C]: row = the true label's index, column = the predicted one's."""
    counts = np.zeros((labels, labels), dtype=np.int64)
    np.add.at(
        counts,
        (np.asarray(truth, dtype=np.intp), np.asarray(predicted, dtype=np.intp)),
        1,
    )
    return counts


def per_label(counts: np.ndarray, labels: Sequence[str]) -> dict[str, dict[str, float | int | None]]:
    """Precision, recall (0..1) and support of each label from `confusion`.

    None where it has no meaning: precision of a label never predicted, recall of one never seen.
    """
    right, seen, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    return {
        label: {
            "precision": float(right[i] / predicted[i]) if predicted[i] else None,
            "recall": float(right[i] / seen[i]) if seen[i] else None,
            "support": int(seen[i]),
        }
        for i, label in enumerate(labels)
    }


def expected_calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float:
    """The mean gap, 0..1, between confidence and accuracy over `bins` bins of equal mass.

    Naeini et al. 2015 (equation 3), with bins of equal count rather than equal width (Nguyen and O'Connor
    2015): bins of equal width are mostly empty for a confident model. confidence [N] in 0..1, correct [N]
    bool; N ≥ 1, and no more bins than images.
    """
    order = np.argsort(confidence, kind="stable")
    gaps = np.asarray(correct, dtype=np.float64)[order] - np.asarray(confidence, dtype=np.float64)[order]
    parts = np.array_split(gaps, min(bins, len(gaps)))
    return float(sum(abs(part.sum()) for part in parts) / len(gaps))


def score(figures: Mapping[str, Any]) -> float:
    """The one figure of an evaluation that models are ranked by, 0..1: a classifier's accuracy, a detector's F1.

    0 for a detector where there was nothing to find and it found nothing.
    """
    return float(figures["accuracy"] if "accuracy" in figures else figures["f1"] or 0.0)


def evaluate(probabilities: np.ndarray, truth: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    """Figures of probabilities [N, C] against true indices [N], as JSON can hold them.

    `{count, accuracy, nll, ece, per_label, confusion}`. Raises ValueError without images or where the
    shapes disagree.
    """
    probabilities, truth = (
        np.asarray(probabilities, dtype=np.float64),
        np.asarray(truth),
    )
    if probabilities.shape != (len(truth), len(labels)) or not len(truth):
        raise ValueError(
            f"Probabilities are {list(probabilities.shape)} for {len(truth)} images and {len(labels)} labels."
        )
    predicted = probabilities.argmax(axis=1)
    correct = predicted == truth
    likelihood = probabilities[np.arange(len(truth)), truth]
    counts = confusion(truth, predicted, len(labels))
    return {
        "count": len(truth),
        "accuracy": float(correct.mean()),
        "nll": float(-np.log(np.clip(likelihood, 1e-12, 1)).mean()),
        "ece": expected_calibration_error(probabilities.max(axis=1), correct),
        "per_label": per_label(counts, labels),
        "confusion": counts.tolist(),
    }
