"""What more labelled images would bring: the power law of a learning curve, fitted to models measured on one test set.

A model's error falls as a·n^(−b) in the number n of examples it learned from (Cortes, Jackel, Solla, Vapnik and Denker
1993, "Learning curves: asymptotic values and rate of convergence", their law without its floor; Hestness et al. 2017,
"Deep learning scaling is predictable, empirically"). Without a floor it promises too much far beyond what was measured.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_SIZES = 3
LEAST_SPAN = 2.0
"""The largest size over the smallest, at least: closer together, noise is taken for a slope."""
DRAWS = 2000
REWEIGHTINGS = 3
HALF = 0.5
"""Of an image, added to the wrong ones: no error at all has no logarithm, and so the mean of it is nearly unbiased."""


class TooFewPoints(ValueError):
    """No curve can be drawn; the message says what is missing."""


@dataclass(frozen=True)
class Point:
    """A model that learned from `size` ≥ 1 examples and got `right` of `total` ≥ 1 test images right."""

    size: int
    right: int
    total: int


@dataclass(frozen=True)
class Gain:
    """What `more` examples beyond `start` bring, in accuracy (0.018 is 1.8 points), with its 95% interval."""

    start: int
    more: int
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """error(n) = exp(log_a)·n^(−b). `largest` is the largest size measured; `_drawn` [DRAWS, 2] are log_a and b of
    curves as they might have come out as well."""

    log_a: float
    b: float
    largest: int
    _drawn: np.ndarray

    def accuracy(self, size: float) -> float:
        """The share right after learning from `size` ≥ 1 examples, 0..1."""
        return float(1 - _error(self.log_a, self.b, size))

    def gain(self, more: int, start: int | None = None) -> Gain:
        """What `more` ≥ 0 examples beyond `start` (None: the largest size measured) bring; never more than is wrong."""
        begin = self.largest if start is None else start
        wrong = 1 - self.accuracy(begin)
        gained = self.accuracy(begin + more) - self.accuracy(begin)
        log_a, b = self._drawn.T
        drawn = _error(log_a, b, begin) - _error(log_a, b, begin + more)
        low, high = np.quantile(drawn, (0.025, 0.975))
        return Gain(begin, more, gained, float(min(low, gained)), min(float(max(high, gained)), wrong))


def lacking(points: Sequence[Point]) -> str | None:
    """What is missing for a curve, in a sentence; None where nothing is."""
    sizes = sorted({point.size for point in points})
    if len(sizes) < FEWEST_SIZES:
        return (
            f"A forecast needs models trained on {FEWEST_SIZES} different numbers of examples and measured on the "
            f"same test images; there {'is' if len(sizes) == 1 else 'are'} {len(sizes)}."
        )
    if sizes[-1] < LEAST_SPAN * sizes[0]:
        return (
            f"A forecast needs a model trained on at least {LEAST_SPAN:g} times as many examples as another; they "
            f"range from {sizes[0]} to {sizes[-1]}."
        )
    return None


def fit(points: Sequence[Point], *, seed: int = 0) -> LearningCurve:
    """The curve through the points by weighted least squares of log error on log size.

    Weights are the inverse variances of a binomial log error, at the fitted error. The interval is a parametric
    bootstrap: test images drawn anew from the fitted curve, with `seed`; where the points lie further from the curve
    than that explains, its spread is widened by as much. Raises TooFewPoints, and ValueError for an impossible point.
    """
    for point in points:
        if point.size < 1 or not 0 <= point.right <= point.total or point.total < 1:
            raise ValueError(f"{point} is no point of a learning curve.")
    if missing := lacking(points):
        raise TooFewPoints(missing)
    sizes = np.log([float(point.size) for point in points])
    totals = np.array([float(point.total) for point in points])
    wrong = totals - np.array([float(point.right) for point in points])
    (log_a,), (b,) = _fitted(sizes, totals, wrong[None, :])
    at_curve = np.clip(_error(log_a, b, np.exp(sizes)), HALF / (totals + 1), 1 - HALF / (totals + 1))
    drawn = np.random.default_rng(seed).binomial(totals.astype(int), at_curve, (DRAWS, len(points)))
    curves = np.stack(_fitted(sizes, totals, drawn), axis=1)
    apart = np.log((wrong + HALF) / (totals + 1)) - np.log(at_curve)
    scatter = float((apart**2 * _weights(at_curve, totals)).sum()) / (len(points) - 2)
    centre = np.array([log_a, b])
    spread = math.sqrt(max(scatter, 1.0))
    largest = max(point.size for point in points)
    return LearningCurve(float(log_a), float(b), largest, centre + spread * (curves - centre))


def _fitted(sizes: np.ndarray, totals: np.ndarray, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log_a and b, each [D], for the counts `wrong` [D, M] of models of log `sizes` [M] on `totals` [M] images."""
    observed = (wrong + HALF) / (totals + 1)
    logs = np.log(observed)
    fitted = observed
    for _ in range(REWEIGHTINGS):
        weights = _weights(np.clip(fitted, HALF / (totals + 1), 1 - HALF / (totals + 1)), totals)
        share = weights / weights.sum(axis=1, keepdims=True)
        mean_size = (share * sizes).sum(axis=1, keepdims=True)
        mean_log = (share * logs).sum(axis=1, keepdims=True)
        away = sizes - mean_size
        slope = (share * away * (logs - mean_log)).sum(axis=1) / (share * away**2).sum(axis=1)
        log_a = mean_log[:, 0] - slope * mean_size[:, 0]
        fitted = np.exp(np.minimum(log_a[:, None] + slope[:, None] * sizes, 0.0))
    return log_a, -slope


def _weights(error: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """One over the variance of a binomial's log share, (1 − e) / (e·total), by the delta method."""
    return totals * error / (1 - error)


def _error(log_a: np.ndarray | float, b: np.ndarray | float, size: np.ndarray | float) -> np.ndarray:
    """The share wrong, never above 1: a curve that rises ends there."""
    return np.exp(np.minimum(log_a - b * np.log(size), 0.0))
