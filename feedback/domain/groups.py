"""Which images must stay together: bursts of one camera, images grouped by hand, near-duplicates."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np

NEAR_BITS = 6
"""Two 64-bit difference hashes that differ in no more bits than this show nearly the same picture."""

WINDOW_SECONDS = 60
"""What one source took within the same window of this length is one burst."""

_BANDS = NEAR_BITS + 1
_BLOCK = 1024


class Together:
    """Union-find over the numbers 0..n-1, with path halving."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def find(self, one: int) -> int:
        """The number that stands for the set of `one`."""
        above = self._above
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    def join(self, one: int, other: int) -> None:
        """Make the sets of the two one set."""
        a, b = self.find(one), self.find(other)
        self._above[max(a, b)] = min(a, b)

    def join_equal(self, keys: Sequence[Hashable | None]) -> None:
        """Join all numbers whose key is the same; None joins nothing."""
        first: dict[Hashable, int] = {}
        for number, key in enumerate(keys):
            if key is not None:
                self.join(first.setdefault(key, number), number)


def burst_of(source: Hashable | None, taken_at: datetime | None) -> tuple[Hashable, int] | None:
    """The burst an image belongs to: its source and the window of WINDOW_SECONDS its time falls into.

    None where either is unknown: such an image is in no burst.
    """
    if source is None or taken_at is None:
        return None
    return source, int(taken_at.timestamp() // WINDOW_SECONDS)


def near_duplicates(hashes: Sequence[int | None]) -> list[tuple[int, int]]:
    """Pairs of indices that link every two hashes at most NEAR_BITS apart, directly or through a third.

    Hashes are 64-bit, signed or not; None is like nothing. Exact: of seven bands of bits at least one is equal in
    two hashes that differ in six bits or fewer, so that only hashes sharing a band are compared.
    """
    known = [(number, value) for number, value in enumerate(hashes) if value is not None]
    if not known:
        return []
    bits = np.array([value & 0xFFFF_FFFF_FFFF_FFFF for _, value in known], dtype=np.uint64)
    distinct, first, where = np.unique(bits, return_index=True, return_inverse=True)
    numbers = np.array([number for number, _ in known])
    representative = numbers[first]
    pairs = [
        (int(representative[place]), int(number))
        for number, place in zip(numbers, where, strict=True)
        if representative[place] != number
    ]
    edges = np.linspace(0, 64, _BANDS + 1).astype(np.uint64)
    for low, high in pairwise(edges):
        band = (distinct >> low) & np.uint64((1 << int(high - low)) - 1)
        buckets = defaultdict(list)
        for place, key in enumerate(band.tolist()):
            buckets[key].append(place)
        for places in buckets.values():
            pairs += _close(np.array(places), distinct, representative)
    return pairs


def _close(places: np.ndarray, distinct: np.ndarray, representative: np.ndarray) -> list[tuple[int, int]]:
    """Pairs within NEAR_BITS among these places, compared in blocks so that memory stays bounded."""
    pairs = []
    for start in range(0, len(places) - 1, _BLOCK):
        block = places[start : start + _BLOCK]
        rest = places[start:]
        apart = np.bitwise_count(distinct[block][:, None] ^ distinct[rest][None, :])
        for row, column in zip(*np.nonzero(apart <= NEAR_BITS), strict=True):
            if row < column:
                pairs.append((int(representative[block[row]]), int(representative[rest[column]])))
    return pairs
