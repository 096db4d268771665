"""The detectors: sliding windows of three sizes for what comes at once, and a CUSUM for what comes slowly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

WINDOWS = (20, 60, 200)
"""In captures: the short finds a large change soon, the long a small one."""
LONGEST = WINDOWS[-1]
DETECTORS = (*(f"window of {size}" for size in WINDOWS), "CUSUM")
ALLOWANCE = 0.5
"""Half the shift, in standard deviations, that the CUSUM is best at. It is also what the reference may be wrong by
without that adding up over a year."""

_TINY = 1e-12


class Detectors:
    """Every group of columns watched by every detector, in R streams at once.

    Each statistic is a length, 0..∞. A window's is √(size) times the length of the mean distance in it: for one column
    its z value, for labels the root of Pearson's chi-square, for the embedding that of Hotelling's T² (Hotelling 1947).
    The CUSUM is Crosier's (1988, "Multivariate generalizations of cumulative sum quality-control schemes", eq. 3),
    which for one column watches both sides; it stays below `highest` [groups], so that it comes down again soon after
    a long change. A window that is not full says nothing.
    """

    def __init__(
        self, starts: Sequence[int], width: int, streams: int = 1, highest: np.ndarray | float = np.inf
    ) -> None:
        self._highest = highest
        self._starts = np.array(starts)
        self._sizes = np.diff([*starts, width])
        self._tail = np.zeros((streams, 0, width))
        self._sums = np.zeros((streams, width))

    def run(self, distances: np.ndarray) -> np.ndarray:
        """Take in `distances` [R, N, F], oldest first; the statistics after each, [R, N, groups, detectors]."""
        count = distances.shape[1]
        known = np.concatenate((self._tail, distances), axis=1)
        out = np.zeros((len(distances), count, len(self._starts), len(DETECTORS)))
        running = np.concatenate((np.zeros_like(known[:, :1]), known.cumsum(axis=1)), axis=1)
        for place, size in enumerate(WINDOWS):
            full = min(count, known.shape[1] - size + 1)
            if full > 0:
                last = running.shape[1]
                sums = running[:, last - full :] - running[:, last - full - size : last - size]
                out[:, count - full :, :, place] = self._lengths(sums) / np.sqrt(size)
        for number in range(count):
            self._sums += distances[:, number]
            lengths = self._lengths(self._sums)
            kept = np.minimum(
                1 - ALLOWANCE / np.maximum(lengths, ALLOWANCE), self._highest / (lengths + _TINY)
            )
            self._sums *= np.repeat(kept, self._sizes, axis=-1)
            out[:, number, :, -1] = lengths * kept
        self._tail = known[:, -LONGEST:]
        return out

    def forget(self) -> None:
        """Begin anew."""
        self._tail, self._sums = self._tail[:, :0], np.zeros_like(self._sums)

    def _lengths(self, columns: np.ndarray) -> np.ndarray:
        return np.sqrt(np.add.reduceat(columns * columns, self._starts, axis=-1))

    def state(self) -> dict[str, Any]:
        """Of one stream, as JSON can hold it."""
        return {"tail": self._tail[0].round(4).tolist(), "sums": self._sums[0].round(6).tolist()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Know what `state` was taken from."""
        width = self._sums.shape[1]
        self._tail = np.array(state["tail"], dtype=np.float64).reshape(1, -1, width)
        self._sums = np.array(state["sums"], dtype=np.float64).reshape(1, width)
