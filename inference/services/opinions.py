"""From what a model's runtime gives out to what the model said of each capture, not yet stored."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from inference.domain.boxes import to_upright
from inference.models import Capture, ModelVersion, Prediction
from inference.runtimes import Found, Runtime, Scores
from labeling.domain.values import MOST_REGIONS


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


def form_boxes(
    *,
    model: ModelVersion,
    runtime: Runtime,
    captures: Sequence[Capture],
    found: Sequence[Found],
    latency_ms: float,
) -> Iterator[tuple[Prediction, None]]:
    """Each capture's unsaved prediction by a detector, in order; a detector has no embedding.

    Boxes from the runtime's `floor` up are proposed, the surest first, each with its own confidence. The whole is as
    sure as its least sure box, one that was left out included: of a box of 0.2 it is 0.8 sure that nothing is there.
    """
    for capture, boxes in zip(captures, found, strict=True):
        yield _boxes(model, runtime, capture, boxes, latency_ms), None


def _boxes(
    model: ModelVersion, runtime: Runtime, capture: Capture, found: Found, latency_ms: float
) -> Prediction:
    image = capture.image
    pixels = to_upright(found.boxes, runtime.preprocessing.resize, image.width, image.height).round(2)
    # A box less than a pixel wide is no proposal: nobody could draw it.
    real = (pixels[:, 2:] - pixels[:, :2] >= 1).all(axis=1)
    order = np.argsort(-found.scores[real], kind="stable")[:MOST_REGIONS]
    pixels, labels = pixels[real][order], found.labels[real][order]
    scores = np.clip(found.scores[real][order].astype(np.float64), 0, 1)
    proposed = scores >= runtime.floor
    sureness = np.where(proposed, scores, 1 - scores)
    least = float(sureness.min(initial=1.0))
    regions = [
        {
            "id": str(number),
            "label": runtime.labels[int(label)],
            "box": [float(side) for side in box],
            "confidence": float(score),
        }
        for number, (box, label, score) in enumerate(
            zip(pixels[proposed], labels[proposed], scores[proposed], strict=True)
        )
    ]
    return Prediction(
        project_id=capture.project_id,
        capture=capture,
        model=model,
        value={"regions": regions},
        scores={},
        confidence=least,
        raw_confidence=least,
        uncertainty=entropy_share(np.array([least, 1 - least])),
        latency_ms=latency_ms,
    )


def entropy_share(probabilities: np.ndarray) -> float:
    """Shannon entropy of [C] over its maximum, 0..1: 0 for certainty, 1 where every label is as likely."""
    return float(entropy_shares(probabilities[np.newaxis])[0])


def entropy_shares(probabilities: np.ndarray) -> np.ndarray:
    """`entropy_share` [N] of each row of [N, C]."""
    # What is impossible adds nothing: 0 log 0 is 0.
    logs = np.log(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    return np.clip(-(probabilities * logs).sum(axis=1) / math.log(probabilities.shape[1]), 0, 1)
