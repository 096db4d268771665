"""Whether two samples are of one distribution: the maximum mean discrepancy, and a classifier that tells them apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

PERMUTATIONS = 500
FOLDS = 5
_STEPS = 50
_SETTLED = 1e-8
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Discrepancy:
    """`squared` is the unbiased MMD², which may be below 0; `p` is how often as much comes by chance, 0..1."""

    squared: float
    p: float


@dataclass(frozen=True)
class Separation:
    """How well a classifier tells the second sample from the first, on what it was not fitted on.

    `auroc` 0..1 is how often it thinks one of the second the newer of a pair of both: 0.5 by chance. `low` and `high`
    bound it with 95%. `scores` [N + M] are its log odds for the second sample, of all, in order.
    """

    auroc: float
    low: float
    high: float
    scores: np.ndarray


def median_distance(points: np.ndarray) -> float:
    """The median Euclidean distance between two of [N, D], the usual bandwidth of a Gaussian kernel (Gretton et al.
    2012, "A kernel two-sample test", section 8); 1 where most are the same."""
    pairs = np.triu_indices(len(points), 1)
    found = float(np.sqrt(np.median(_squared_distances(points)[pairs])))
    return found if found > 0 else 1.0


def discrepancy(
    first: np.ndarray, second: np.ndarray, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Discrepancy:
    """MMD² of [N, D] and [M, D] with the kernel exp(-d²/2σ²), σ the median distance of both together; N, M ≥ 2.

    Unbiased: Gretton et al. (2012, JMLR 13, eq. 3). `p` from permutations of who belongs to which sample, the sample
    as it is counted among them (Phipson & Smyth 2010); it takes captures for exchangeable, and is too small where
    neighbours are alike. Raises ValueError for a sample of fewer than two.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError("each sample has at least two points.")
    points = np.vstack((first, second))
    kernel = np.exp(-_squared_distances(points) / (2 * median_distance(points) ** 2))
    np.fill_diagonal(kernel, 0.0)
    random = np.random.default_rng(seed)
    places = [np.arange(len(points)), *(random.permutation(len(points)) for _ in range(permutations))]
    member = np.zeros((permutations + 1, len(points)))
    for row, place in zip(member, places, strict=True):
        row[place[len(first) :]] = 1
    squared = _unbiased(kernel, member)
    # What is equal but for rounding is as far out.
    as_far = np.count_nonzero(squared[1:] >= squared[0] - 1e-12)
    return Discrepancy(float(squared[0]), (1 + int(as_far)) / (1 + permutations))


def _unbiased(kernel: np.ndarray, member: np.ndarray) -> np.ndarray:
    """MMD² [R] by who is of the second sample, [R, N] of 0 and 1, under a kernel [N, N] of zeros on its diagonal."""
    to_second = member @ kernel
    within_second = (to_second * member).sum(axis=1)
    between = (to_second * (1 - member)).sum(axis=1)
    within_first = kernel.sum() - within_second - 2 * between
    second = member.sum(axis=1)
    first = member.shape[1] - second
    return (
        within_first / (first * (first - 1))
        + within_second / (second * (second - 1))
        - 2 * between / (first * second)
    )


def _squared_distances(points: np.ndarray) -> np.ndarray:
    lengths = (points**2).sum(axis=1)
    return np.maximum(lengths[:, None] + lengths[None] - 2 * points @ points.T, 0.0)


def separation(first: np.ndarray, second: np.ndarray, *, folds: int = FOLDS) -> Separation:
    """A classifier two-sample test (Lopez-Paz & Oquab 2017; for drift Rabanser, Guennemann & Lipton 2019).

    Logistic regression on [N, D] and [M, D], each scored by one fitted without its fold. Folds are stretches of the
    samples as they come, so that pictures taken one after the other, often nearly the same, are never on both sides.
    The AUROC is the mean of the folds'. Raises ValueError where a sample has fewer points than there are folds.
    """
    if min(len(first), len(second)) < folds:
        raise ValueError(f"each sample has at least {folds} points, one a fold.")
    points = np.vstack((first, second))
    is_second = np.repeat([False, True], [len(first), len(second)])
    fold = np.concatenate([np.arange(count) * folds // count for count in (len(first), len(second))])
    scores = np.empty(len(points))
    parts = []
    for number in range(folds):
        out = fold == number
        weights = logistic(points[~out], is_second[~out])
        scores[out] = points[out] @ weights[:-1] + weights[-1]
        parts.append(auroc(scores[out & ~is_second], scores[out & is_second]))
    mean = float(np.mean(parts))
    return Separation(mean, *bounds(mean, len(first), len(second)), scores)


def logistic(points: np.ndarray, is_second: np.ndarray, *, penalty: float = 1.0) -> np.ndarray:
    """Weights and bias [D + 1] of logistic regression on [N, D], by Newton's method (Hastie, Tibshirani & Friedman
    2009, eq. 4.26); half `penalty` times the weights' squared length is added to the sum of the losses."""
    width = points.shape[1]
    design = np.hstack((points, np.ones((len(points), 1))))
    ridge = np.diag([penalty] * width + [1e-9])
    weights = np.zeros(width + 1)
    for _ in range(_STEPS):
        odds = np.clip(design @ weights, -30, 30)
        likely = 1 / (1 + np.exp(-odds))
        slope = design.T @ (likely - is_second) + ridge @ weights
        curve = (design * (likely * (1 - likely))[:, None]).T @ design + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights - step
        if np.abs(step).max() < _SETTLED:
            break
    return weights


def auroc(low: np.ndarray, high: np.ndarray) -> float:
    """How often one of `high` is above one of `low`, a tie half: the Mann-Whitney statistic over all pairs, 0..1."""
    above = (high[:, None] > low[None]).mean()
    return float(above + (high[:, None] == low[None]).mean() / 2)


def bounds(area: float, first: int, second: int) -> tuple[float, float]:
    """What bounds an AUROC `area` of so many of each with 95%, approximately (Newcombe 2006, "Confidence intervals for
    an effect size measure based on the Mann-Whitney statistic. Part 2", method 5): the areas from which it is as far as
    their own deviation allows. Unlike one made of the deviation at `area`, it has a width where all were told."""

    def as_far(limit: float) -> float:
        near, far = area, limit
        for _ in range(_STEPS):
            middle = (near + far) / 2
            if abs(middle - area) < _NORMAL_95 * deviation(middle, first, second):
                near = middle
            else:
                far = middle
        return (near + far) / 2

    return as_far(0.0), as_far(1.0)


def deviation(area: float, first: int, second: int) -> float:
    """The standard error of an AUROC of so many of each (Hanley & McNeil 1982, as Newcombe 2006 has it)."""
    several = (first + second) / 2 - 1
    variance = area * (1 - area) * (1 + several * ((1 - area) / (2 - area) + area / (1 + area)))
    return math.sqrt(variance / (first * second))
