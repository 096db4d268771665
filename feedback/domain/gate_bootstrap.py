"""How much better one model is than another on the same images, with a paired bootstrap's interval."""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
SEED = 7
TAILS = (0.025, 0.975)
MOST_CLUSTERS = 2000
"""Of more than so many, several are drawn together: the time is bounded, and the interval hardly another."""
AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class Difference:
    """Both scores, 0..1, and the challenger's less the champion's, -1..1, with its 95% interval."""

    challenger: float
    champion: float
    value: float
    low: float
    high: float


def clusters(bursts: Sequence[Hashable]) -> NDArray[np.intp]:
    """A number 0..G-1 for each of N images, G ≤ MOST_CLUSTERS: the same for those of one burst, None being alone.

    The pictures of one burst show the same thing, so that they are drawn together or not at all (the cluster
    bootstrap: Davison & Hinkley 1997, section 3.8).
    """
    names = [("", number) if burst is None else ("burst", burst) for number, burst in enumerate(bursts)]
    known = {name: number for number, name in enumerate(dict.fromkeys(names))}
    numbers = np.array([known[name] for name in names], dtype=np.intp)
    if len(known) <= MOST_CLUSTERS:
        return numbers
    # Any fixed shuffle: neighbours by hash are no neighbours in time.
    bags = np.array(
        [zlib.crc32(str(number).encode()) % MOST_CLUSTERS for number in range(len(known))], np.intp
    )
    return np.unique(bags[numbers], return_inverse=True)[1]


def differences(sums: NDArray[np.float64]) -> list[Difference | None]:
    """For each of P parts, from `sums` [4, G, P] over the images of each of G ≥ 1 clusters: of the challenger twice
    the right and all it said and is true, then the same of the champion.

    A score is the first over the second: the accuracy where one thing is said and one is true of each image, else F1
    (van Rijsbergen 1979). Clusters are drawn with replacement, the same for both models and every part, and the
    interval is that of the percentiles (Efron & Tibshirani 1993, section 13.3). None for a part in which nothing is
    said or true.
    """
    _, count, parts = sums.shape
    totals = sums.sum(axis=1)
    draws = np.random.default_rng(SEED)
    flat = np.ascontiguousarray(sums.transpose(1, 0, 2).reshape(count, 4 * parts))
    drawn = []
    for begin in range(0, DRAWS, AT_ONCE):
        times = draws.multinomial(count, np.full(count, 1 / count), min(AT_ONCE, DRAWS - begin))
        some = (times @ flat).reshape(-1, 4, parts)
        drawn.append(_score(some[:, 0], some[:, 1]) - _score(some[:, 2], some[:, 3]))
    every = np.concatenate(drawn)
    found: list[Difference | None] = []
    for part in range(parts):
        if not (totals[1, part] and totals[3, part]):
            found.append(None)
            continue
        ours, theirs = (float(totals[at, part] / totals[at + 1, part]) for at in (0, 2))
        # A draw in which the part did not come says nothing of it.
        some = every[:, part][~np.isnan(every[:, part])]
        low, high = np.quantile(some, TAILS) if len(some) else (-1.0, 1.0)
        gap = ours - theirs
        found.append(Difference(ours, theirs, gap, float(min(low, gap)), float(max(high, gap))))
    return found


def _score(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
