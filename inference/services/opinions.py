"""From what a model's runtime gives out to what the model said of each capture, not yet stored."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from inference.models import Capture, ModelVersion, Prediction
from inference.runtimes import Scores


def form(
    *,
    model: ModelVersion,
    labels: Sequence[str],
    captures: Sequence[Capture],
    scores: Scores,
    latency_ms: float,
) -> Iterator[tuple[Prediction, np.ndarray]]:
    """Each capture's unsaved prediction and its embedding [D], in order.

    `labels` are the C columns of `scores`, whose N rows are the captures'; `latency_ms` is one capture's share.
    """
    # Single precision can come to a hair above 1.
    calibrated = np.clip(scores.probabilities.astype(np.float64), 0, 1)
    raw = np.clip(scores.raw_probabilities.astype(np.float64), 0, 1)
    winners = calibrated.argmax(axis=1)
    entropies = entropy_shares(calibrated)
    for i, capture in enumerate(captures):
        winner = int(winners[i])
        yield (
            Prediction(
                project_id=capture.project_id,
                capture=capture,
                model=model,
                value={"label": labels[winner]},
                scores={label: float(p) for label, p in zip(labels, calibrated[i], strict=True)},
                confidence=float(calibrated[i, winner]),
                raw_confidence=float(raw[i, winner]),
                uncertainty=float(entropies[i]),
                disagreement=None if scores.disagreement is None else max(0.0, float(scores.disagreement[i])),
                latency_ms=latency_ms,
            ),
            scores.embeddings[i],
        )


def entropy_share(probabilities: np.ndarray) -> float:
    """Shannon entropy of [C] over its maximum, 0..1: 0 for certainty, 1 where every label is as likely."""
    return float(entropy_shares(probabilities[np.newaxis])[0])


def entropy_shares(probabilities: np.ndarray) -> np.ndarray:
    """`entropy_share` [N] of each row of [N, C]."""
    # What is impossible adds nothing: 0 log 0 is 0.
    logs = np.log(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    return np.clip(-(probabilities * logs).sum(axis=1) / math.log(probabilities.shape[1]), 0, 1)
