"""From what a model gives out to what it said of a picture: value, scores, confidence; pure, for centre and edge."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from inference.domain.boxes import to_upright
from inference.domain.calibration import rescaled, rescaled_confidence
from labeling.domain.values import MOST_REGIONS


@dataclass(slots=True)
class Opinion:
    """What a model said of one picture; ratios 0..1, `disagreement` in nats."""

    value: dict[str, Any]
    confidence: float
    raw_confidence: float
    uncertainty: float | None
    scores: dict[str, float] = field(default_factory=dict)
    disagreement: float | None = None


class Said(Protocol):
    """An opinion, or a row that holds one."""

    value: dict[str, Any]
    confidence: float
    uncertainty: float | None
    scores: dict[str, float]


def of_scores(
    labels: Sequence[str],
    probabilities: np.ndarray,
    raw_probabilities: np.ndarray,
    disagreement: np.ndarray | None = None,
) -> Iterator[Opinion]:
    """A classifier's opinion of each of N pictures, in order: `probabilities` [N, C] calibrated, and before that;
    `labels` are the C columns, `disagreement` [N]."""
    # Single precision can come to a hair above 1.
    calibrated = np.clip(probabilities.astype(np.float64), 0, 1)
    raw = np.clip(raw_probabilities.astype(np.float64), 0, 1)
    spread = [None] * len(calibrated) if disagreement is None else np.maximum(disagreement, 0).tolist()
    # As lists, made at once: to take one number after the other out of an array costs more than the opinion itself.
    rows = zip(
        calibrated.argmax(axis=1).tolist(),
        calibrated.tolist(),
        raw.tolist(),
        entropy_shares(calibrated).tolist(),
        spread,
        strict=True,
    )
    for winner, shares, before, entropy, differs in rows:
        yield Opinion(
            value={"label": labels[winner]},
            scores=dict(zip(labels, shares, strict=True)),
            confidence=shares[winner],
            raw_confidence=before[winner],
            uncertainty=entropy,
            disagreement=differs,
        )


def of_boxes(
    labels: Sequence[str],
    boxes: np.ndarray,
    scores: np.ndarray,
    indices: np.ndarray,
    *,
    floor: float,
    resize: str,
    width: int,
    height: int,
) -> Opinion:
    """A detector's opinion of a picture of `width` × `height` upright pixels.

    `boxes` [K, 4] in ratios of the model's input, `scores` [K], `indices` [K] into `labels`. Those from `floor` up are
    proposed, the surest first, each with its own confidence. The whole is as sure as its least sure box, one that was
    left out included: of a box of 0.2 it is 0.8 sure that nothing is there.
    """
    pixels = to_upright(boxes, resize, width, height).round(2)
    # A box less than a pixel wide is no proposal: nobody could draw it.
    real = (pixels[:, 2:] - pixels[:, :2] >= 1).all(axis=1)
    order = np.argsort(-scores[real], kind="stable")[:MOST_REGIONS]
    pixels, indices = pixels[real][order], indices[real][order]
    sure = np.clip(scores[real][order].astype(np.float64), 0, 1)
    proposed = sure >= floor
    least = float(np.where(proposed, sure, 1 - sure).min(initial=1.0))
    regions = [
        {
            "id": str(number),
            "label": labels[int(label)],
            "box": [float(side) for side in box],
            "confidence": float(score),
        }
        for number, (box, label, score) in enumerate(
            zip(pixels[proposed], indices[proposed], sure[proposed], strict=True)
        )
    ]
    return Opinion({"regions": regions}, least, least, entropy_share(np.array([least, 1 - least])))


def recalibrate(said: Said, temperature: float) -> None:
    """Bring an opinion to another temperature > 0.

    What is likeliest stays so at any temperature: the value stands, and what it is worth changes.
    """
    if "regions" in said.value:
        regions = [
            {**region, "confidence": _alone(region["confidence"], temperature)}
            if "confidence" in region
            else region
            for region in said.value["regions"]
        ]
        said.value = {**said.value, "regions": regions}
        said.confidence = _alone(said.confidence, temperature)
        return
    keys = list(said.scores)
    scores = rescaled(np.array([[said.scores[key] for key in keys]]), temperature)[0]
    said.scores = dict(zip(keys, map(float, scores), strict=True))
    said.confidence = said.scores[said.value["label"]]
    said.uncertainty = entropy_share(scores)


def entropy_share(probabilities: np.ndarray) -> float:
    """Shannon entropy of [C] over its maximum, 0..1: 0 for certainty, 1 where every label is as likely."""
    return float(entropy_shares(probabilities[np.newaxis])[0])


def entropy_shares(probabilities: np.ndarray) -> np.ndarray:
    """`entropy_share` [N] of each row of [N, C]."""
    # What is impossible adds nothing: 0 log 0 is 0.
    logs = np.log(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    return np.clip(-(probabilities * logs).sum(axis=1) / math.log(probabilities.shape[1]), 0, 1)


def _alone(confidence: float, temperature: float) -> float:
    return float(rescaled_confidence(np.array([confidence]), temperature)[0])
