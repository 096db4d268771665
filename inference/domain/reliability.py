"""Whether a confidence means what it says: reliability by bins, calibration error, Brier score, all by weight."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from labeling.domain.intervals import wilson_share

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of about the same confidence. `confidence` and `accuracy` are their weighted means, 0..1.

    `count` is how many; `effective` how many of equal weight would say as much; `interval` is the accuracy's
    Wilson interval at 95% with `effective` answers.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    count: int
    effective: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Figures of N verified predictions; all but counts are 0..1.

    `ece` is the weighted mean gap between confidence and accuracy over bins of equal mass; `ece_floor` what it
    would come to by chance alone were every confidence exact; `brier` the mean squared gap between confidence and
    outcome.
    """

    count: int
    effective: float
    confidence: float
    accuracy: float
    ece: float
    ece_floor: float
    brier: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def effective_count(weights: np.ndarray) -> float:
    """How many answers of equal weight say as much as these weighted ones (Kish 1965): (sum w)² / sum w²."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def reliability(
    confidence: np.ndarray, correct: np.ndarray, weights: np.ndarray | None = None, bins: int = BINS
) -> Reliability:
    """Figures of confidences [N] in 0..1 against outcomes [N] bool; N ≥ 1, weights [N] > 0.

    Bins of equal mass (Nguyen and O'Connor 2015) by weight: bins of equal width are mostly empty for a confident
    model. The floor is E|N(0, s²)| = s sqrt(2/pi) in each bin, s² = sum w² c (1 - c). Raises ValueError without
    predictions.
    """
    confidence, correct = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if not len(confidence):
        raise ValueError("Reliability is measured on at least one verified prediction.")
    each = np.ones(len(confidence)) if weights is None else np.asarray(weights, dtype=np.float64)
    shares = each / each.sum()
    found, error, floor = [], 0.0, 0.0
    for rows in _equal_mass(confidence, shares, bins):
        mass, sure = shares[rows], confidence[rows]
        error += abs(float(mass @ (correct[rows] - sure)))
        floor += float(np.sqrt((mass**2 * sure * (1 - sure)).sum() * 2 / np.pi))
        found.append(_bin(sure, correct[rows], mass))
    return Reliability(
        count=len(confidence),
        effective=effective_count(shares),
        confidence=float(shares @ confidence),
        accuracy=float(shares @ correct),
        ece=error,
        ece_floor=floor,
        brier=float(shares @ (confidence - correct) ** 2),
        bins=tuple(found),
    )


def brier_score(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The weighted mean over images of sum over labels of (p - outcome)², 0..2 (Brier 1950, equation 2).

    probabilities [N, C], true indices [N]; N ≥ 1.
    """
    gaps = np.array(probabilities, dtype=np.float64)
    gaps[np.arange(len(truth)), truth] -= 1
    return float(np.average((gaps**2).sum(axis=1), weights=weights))


def _equal_mass(confidence: np.ndarray, shares: np.ndarray, bins: int) -> list[np.ndarray]:
    """Rows by rising confidence, cut where the summed share passes each multiple of 1/bins; none is empty."""
    order = np.argsort(confidence, kind="stable")
    middles = np.cumsum(shares[order]) - shares[order] / 2
    numbers = np.minimum((middles * min(bins, len(order))).astype(int), bins - 1)
    return np.split(order, np.flatnonzero(np.diff(numbers)) + 1)


def _bin(sure: np.ndarray, correct: np.ndarray, mass: np.ndarray) -> Bin:
    accuracy = float(np.average(correct, weights=mass))
    effective = effective_count(mass)
    return Bin(
        low=float(sure.min()),
        high=float(sure.max()),
        confidence=float(np.average(sure, weights=mass)),
        accuracy=accuracy,
        count=len(sure),
        effective=effective,
        interval=wilson_share(accuracy, effective),
    )
