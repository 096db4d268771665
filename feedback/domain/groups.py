"""Which images must stay together: bursts of one camera, images grouped by hand, near-duplicates."""

from collections.abc import Hashable, Iterator, Sequence
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


def kept_together(
    bursts: Sequence[Hashable | None],
    names: Sequence[Hashable | None],
    hashes: Sequence[int | None],
    looks: Sequence[Hashable | None] = (),
) -> list[int]:
    """Which set each image is of, a number that its whole set shares: images of one burst, of one named group, of one
    look, or nearly the same picture by their 64-bit hashes, and whatever these link. None is like nothing."""
    together = Together(len(hashes))
    together.join_equal(bursts)
    together.join_equal(names)
    together.join_equal(looks)
    for one, other in near_duplicates(hashes):
        together.join(one, other)
    return [together.find(number) for number in range(len(hashes))]


def near_duplicates(hashes: Sequence[int | None]) -> list[tuple[int, int]]:
    """Pairs of indices, fewer than there are hashes, that link every two at most NEAR_BITS apart through others.

    Hashes are 64-bit, signed or not; None is like nothing. Exact: of seven bands of bits at least one is equal in
    two hashes that differ in six bits or fewer, so that only hashes sharing a band are compared (Norouzi, Punjani
    and Fleet 2012, "Fast search in Hamming space with multi-index hashing"). What one band linked, the next
    skips: 100,000 hashes take one to three seconds, five where a fifth of them are one camera's same shelf.
    """
    known = [number for number, value in enumerate(hashes) if value is not None]
    distinct, first, where = np.unique(_bits(hashes), return_index=True, return_inverse=True)
    representative = [known[place] for place in first]
    pairs = [
        (representative[place], number)
        for number, place in zip(known, where, strict=True)
        if representative[place] != number
    ]
    linked = Together(len(distinct))
    for places in _buckets(distinct):
        sets = np.array([linked.find(place) for place in places.tolist()])
        if (sets == sets[0]).all():
            continue
        for start, near in _compared(places, distinct):
            for row in np.flatnonzero(near.sum(axis=1) > 1):
                alike = sets[start:][near[row]]
                if (alike == alike[0]).all():
                    continue
                one, *others = np.unique(alike).tolist()
                for other in others:
                    linked.join(one, other)
                    pairs.append((representative[one], representative[other]))
                sets[np.isin(sets, others)] = one
    return pairs


def near_any(hashes: Sequence[int | None], marked: Sequence[bool]) -> list[bool]:
    """For each hash, whether one that is marked is at most NEAR_BITS from it; a marked one is near itself."""
    found = list(marked)
    if not any(marked):
        return found
    known = [number for number, value in enumerate(hashes) if value is not None]
    distinct, where = np.unique(_bits(hashes), return_inverse=True)
    is_marked = np.zeros(len(distinct), dtype=bool)
    is_marked[where[[marked[number] for number in known]]] = True
    is_near = is_marked.copy()
    for places in _buckets(distinct):
        if is_marked[places].any():
            for start, near in _compared(places, distinct):
                rows, columns = places[start : start + len(near)], places[start:]
                is_near[rows] |= (near & is_marked[columns]).any(axis=1)
                is_near[columns] |= (near & is_marked[rows][:, None]).any(axis=0)
    for number, place in zip(known, where, strict=True):
        found[number] = bool(is_near[place])
    return found


def _bits(hashes: Sequence[int | None]) -> np.ndarray:
    """The hashes that are known as uint64, in order."""
    return np.array([value & 0xFFFF_FFFF_FFFF_FFFF for value in hashes if value is not None], dtype=np.uint64)


def _buckets(distinct: np.ndarray) -> Iterator[np.ndarray]:
    """Places of two or more hashes that have the same bits in one band, band by band."""
    edges = np.linspace(0, 64, _BANDS + 1).astype(np.uint64)
    for low, high in pairwise(edges):
        band = (distinct >> low) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        ends = np.flatnonzero(np.diff(band[order], append=band[order[-1:]] + np.uint64(1))) + 1
        sizes = np.diff(ends, prepend=0)
        for end, size in zip(ends[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            yield order[end - size : end]


def _compared(places: np.ndarray, distinct: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Where a block of rows starts among the places, and whether each is near each place from there on [R, C].

    Every two of the places meet; in blocks, so that memory stays bounded however many share a band.
    """
    for start in range(0, len(places), _BLOCK):
        rows, columns = distinct[places[start : start + _BLOCK]], distinct[places[start:]]
        yield start, np.bitwise_count(rows[:, None] ^ columns[None, :]) <= NEAR_BITS
