"""Which reviews are worth most to people who cannot do them all, and where that puts each in the queue."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

HALF_LIFE_DAYS = 7.0
"""What a picture shows matters half as much when it is so old."""

BANDS = 6
"""Priorities 0 to 5 are those of reviews by benefit; 6 to 9 those of the sample that thresholds are proved from."""

HIGHEST = 9
FEWEST = 30
"""Confidences before and after, for a distance between them to say anything."""

UNMEASURED = tuple(place / BANDS for place in range(1, BANDS))
"""Cuts before any reviews were measured: even steps of the probability of an error."""


def benefit(
    wrong: float,
    *,
    cost: float = 1.0,
    novelty: float = 0.0,
    rarity: float = 0.0,
    drift: float = 0.0,
    age_days: float = 0.0,
) -> float:
    """What a review is expected to be worth, in errors found: 0 to four times the `cost`.

    cost × P(wrong) × (1 + novelty + rarity + drift) × ½^(age / 7 days). `wrong`, 0..1, is 1 less the calibrated
    confidence; `cost` is that of an error, in those of an error without a budget of its own; `novelty`, `rarity` and
    `drift` are 0..1, since what is strange, seldom or new to the camera also teaches the model what it lacks. It is an
    order of work and no estimate: nothing is promised by it.
    """
    teaches = 1 + novelty + rarity + drift
    return float(cost * wrong * teaches * 0.5 ** (max(age_days, 0.0) / HALF_LIFE_DAYS))


def cost_of(budget: float, label_budgets: Sequence[float]) -> float:
    """The cost of an error by the tightest budget it counts against: half the budget makes it twice as dear."""
    return max((budget / each for each in label_budgets), default=1.0)


def rarities(counts: Mapping[str, int]) -> dict[str, float]:
    """By label 0 for the commonest among recent predictions, to 1 for what was hardly ever predicted."""
    most = max(counts.values(), default=0)
    return {label: 1 - count / most for label, count in counts.items()} if most else {}


def drift(before: Sequence[float], now: Sequence[float]) -> float:
    """Kolmogorov and Smirnov's distance, 0..1, between a camera's confidences; 0 where there are too few."""
    if min(len(before), len(now)) < FEWEST:
        return 0.0
    grid = np.sort(np.concatenate([before, now]))
    return float(np.abs(_share_below(before, grid) - _share_below(now, grid)).max())


def cuts_of(benefits: Sequence[float], reached: float) -> list[float]:
    """Where priorities 1 to 5 begin, by recent `benefits`, of which people reach the share `reached`, 0..1.

    Priority 0 is what they do not come to, the lowest sixth where they come to everything; the others are equal.
    """
    if not len(benefits):
        return list(UNMEASURED)
    beyond = max(1 - reached, 1 / BANDS)
    return [float(cut) for cut in np.quantile(benefits, np.linspace(beyond, 1, BANDS)[:-1])]


def priority(worth: float, cuts: Sequence[float]) -> int:
    """The priority, 0..5, of a review that is worth so much."""
    return min(bisect_right(cuts, worth), BANDS - 1)


def sample_priority(rank: float) -> int:
    """The priority, 6..9, of what thresholds are proved from, by where its draw lies in the sample, 0 ≤ rank < 1.

    However few answers there are, they are those of an eighth, a quarter or a half of the sample.
    """
    return HIGHEST - sum(rank >= bound for bound in (1 / 8, 1 / 4, 1 / 2))


def asked_priority(*, rank: float | None, share: float, worth: float, cuts: Sequence[float]) -> int:
    """How soon a review is asked for, 0..9. `rank` is None where its answer is no evidence.

    Evidence comes first where people come to a `share` below 1 of everything, by draws, so that what they do come to
    is a fair share of it. An eighth of it always does: should they fall behind, that much is sure.
    """
    if rank is not None:
        first = sample_priority(rank)
        if share < 1 or first == HIGHEST:
            return first
    return priority(worth, cuts)


def _share_below(values: Sequence[float], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.searchsorted(np.sort(values), grid, side="right") / len(values)
