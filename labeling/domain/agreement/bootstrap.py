"""Intervals by drawing the items anew: as many as there are, with replacement, many times over."""

from collections.abc import Callable, Iterator

import numpy as np

from labeling.domain.agreement.answers import Floats

MOST_CELLS = 4_000_000
"""Of replicates × patterns held at once: 32 MB."""
TAILS = (2.5, 97.5)


def replicates(times: Floats, *, count: int, seed: int) -> Iterator[Floats]:
    """How often each pattern is drawn, in blocks of shape (up to `count`, P); the same for the same seed.

    Drawing items is drawing from the multinomial of their patterns (Efron and Tibshirani 1993, chapter 6).
    """
    chance = np.random.default_rng(seed)
    items = int(times.sum())
    if not items:
        return
    block = max(1, MOST_CELLS // len(times))
    for start in range(0, count, block):
        yield chance.multinomial(items, times / items, size=min(block, count - start)).astype(np.float64)


def intervals(
    times: Floats, statistics: dict[str, Callable[[Floats], Floats]], *, count: int, seed: int
) -> dict[str, Floats]:
    """The 2.5th and 97.5th percentile of each statistic over the replicates, shape (2, …); nan where there is none.

    A statistic takes a block of replicates and answers shape (replicates, …). A replicate in which it is undefined is
    left out; where more than half are, it has no interval. With fewer than two items to draw from there is none at all.
    """
    if times.sum() < 2:
        return {}
    drawn: dict[str, list[Floats]] = {name: [] for name in statistics}
    for block in replicates(times, count=count, seed=seed):
        for name, statistic in statistics.items():
            drawn[name].append(statistic(block))
    return {name: _percentiles(np.concatenate(values)) for name, values in drawn.items() if values}


def _percentiles(values: Floats) -> Floats:
    if not np.isnan(values).any():
        return np.percentile(values, TAILS, axis=0)
    columns = values.reshape(len(values), -1)
    ends = np.full((2, columns.shape[1]), np.nan)
    for place, column in enumerate(columns.T):
        defined = column[~np.isnan(column)]
        if 2 * len(defined) >= len(column):
            ends[:, place] = np.percentile(defined, TAILS)
    return ends.reshape(2, *values.shape[1:])
