"""Temperature scaling: one number that makes a classifier's confidence mean what it says."""

from __future__ import annotations

import numpy as np

COLDEST, HOTTEST = 0.05, 20.0
SMALLEST = 1e-12
"""A probability of 0 counts as this much, so that its logarithm is a number."""

_GOLDEN = (np.sqrt(5) - 1) / 2


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities [N, C] of logits [N, C] divided by `temperature` > 0; rows add up to 1."""
    return np.exp(log_softmax(logits, temperature))


def log_softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """The natural logarithm of `softmax`, without losing the small ones to rounding."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    shifted = scaled - scaled.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> float:
    """The mean of -ln p(label), in nats, of logits [N, C] and label indices [N]; N ≥ 1."""
    return float(-log_softmax(logits, temperature)[np.arange(len(labels)), labels].mean())


def rescaled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities [N, C] at another temperature > 0: p^(1/T), rows brought back to a sum of 1.

    What softmax would have given for its logits over T: logarithms of probabilities are logits up to a number
    the same for all labels. Scores made at temperature A come to temperature B with T = B / A, exactly, save where
    single precision had rounded one to 0: it counts as SMALLEST.
    """
    return softmax(np.log(np.clip(probabilities, SMALLEST, 1)), temperature)


def rescaled_confidence(confidence: np.ndarray, temperature: float) -> np.ndarray:
    """`rescaled` for confidences [N] in 0..1 that stand alone, as those of boxes: c against 1 - c."""
    confidence = np.asarray(confidence, dtype=np.float64)
    return rescaled(np.stack([confidence, 1 - confidence], axis=1), temperature)[:, 0]


def fit_temperature(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The temperature, COLDEST..HOTTEST, of least negative log likelihood (Guo et al. 2017, section 4.2).

    `weights` [N] > 0, as one over the chance an answer had of being asked for; only their ratios count.
    The likelihood is concave in 1/T, so it has one peak in log T too, and a golden-section search finds
    it. Where every image is right the data would have T go to 0: the bound, and a prior worth one image
    at chance, keep the confidence below 1. Raises ValueError without images.
    """
    if not len(labels):
        raise ValueError("A temperature is fitted on at least one labelled image.")
    logits, labels = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    each = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    shares = each / each.sum()
    # So many answers of equal weight would say as much (Kish 1965).
    effective = 1 / (shares**2).sum()
    rows = np.arange(len(labels))
    # The prior: one more image, with a typical gap, that turned out to be any of the labels.
    typical = np.sort(logits - logits.mean(axis=1, keepdims=True), axis=1).mean(axis=0)

    def loss(log_temperature: float) -> float:
        temperature = float(np.exp(log_temperature))
        prior = -float(log_softmax(typical[None], temperature).mean())
        likelihood = -float(shares @ log_softmax(logits, temperature)[rows, labels])
        return likelihood * effective + prior

    low, high = np.log(COLDEST), np.log(HOTTEST)
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > 1e-5:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(right)
    return float(np.exp((low + high) / 2))
