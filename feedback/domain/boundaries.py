"""How many errors among n answers still prove a budget, however often one has looked: an exact boundary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from feedback.domain import binomial

STEP = 1.05
HORIZON_ERRORS = 250
"""The risk is spread up to where so many errors would be allowed."""

AT_ONCE = 0.25
"""The share of the risk that the first look may spend."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """`allowed[j]` errors prove the budget from `counts[j]` answers on; `levels[j]` is what that is worth alone.

    Had every answer the chance `budget` of being an error, the number of errors would at some time be as low as
    allowed with a probability of at most 1 - confidence: one may look after every answer (see `boundary`).
    """

    counts: NDArray[np.int64]
    allowed: NDArray[np.int64]
    levels: NDArray[np.float64]

    def limit(self, answers: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many errors are allowed among so many `answers`; -1: none of any number is enough."""
        place = np.searchsorted(self.counts, answers, side="right") - 1
        return np.where(place >= 0, self.allowed[np.maximum(place, 0)], -1)

    def level(self, answers: int) -> float:
        """The level at which Clopper and Pearson's bound, taken at so many `answers`, is within the boundary."""
        place = int(np.searchsorted(self.counts, answers, side="right")) - 1
        return float(self.levels[max(place, 0)])


@lru_cache(maxsize=256)
def boundary(budget: float, confidence: float) -> Boundary:
    """The boundary of a group-sequential test of "the error rate is above `budget`" with every look paid for.

    Errors never become fewer, so whoever is within the limit at n answers was so at the last count before n that
    is in `counts`: it is enough to pay for those. What each may spend is given beforehand (Lan & DeMets 1983):
    a quarter of 1 - confidence at the first, the rest by the root of the logarithm of n, most of it within the first
    thousand answers, where a threshold is waited for most; the probability of getting there
    for the first time is computed exactly (Armitage, McPherson & Rowe 1969). Raises ValueError unless both
    numbers are above 0 and below 1.
    """
    if not (0 < budget < 1 and 0 < confidence < 1):
        raise ValueError("a budget and a confidence are above 0 and below 1.")
    risk = 1 - confidence
    first = math.ceil(math.log(AT_ONCE * risk) / math.log1p(-budget))
    last = max(first * 2, math.ceil(HORIZON_ERRORS / budget))
    counts = [first]
    while counts[-1] < last:
        counts.append(max(counts[-1] + 1, round(counts[-1] * STEP)))
    size = int(2 * budget * counts[-1] + 50)
    alive = np.zeros(size)
    alive[0] = 1.0
    spent, before = 0.0, 0
    allowed, levels = [], []
    for count in counts:
        alive = np.convolve(alive, _mass(count - before, budget, size))[:size]
        before = count
        share = AT_ONCE + (1 - AT_ONCE) * math.sqrt(math.log(count / first) / math.log(counts[-1] / first))
        within = spent + np.cumsum(alive)
        limit = int(np.searchsorted(within, risk * share, side="right")) - 1
        if limit >= 0:
            spent = float(within[limit])
            alive[: limit + 1] = 0.0
        # A lower limit earlier would have let nobody through that is not let through here.
        limit = max(limit, allowed[-1] if allowed else -1)
        allowed.append(limit)
        levels.append(max(binomial.tail(limit, count, budget), 1e-300))
    return Boundary(np.array(counts), np.array(allowed), np.array(levels))


def _mass(trials: int, probability: float, size: int) -> NDArray[np.float64]:
    """P(X = k) for k below `size`, X ~ Binomial(trials, probability)."""
    k = np.arange(min(trials, size - 1) + 1)
    ratios = (trials - k[:-1]) / (k[:-1] + 1) * (probability / (1 - probability))
    return np.exp(trials * math.log1p(-probability) + np.concatenate([[0.0], np.cumsum(np.log(ratios))]))
