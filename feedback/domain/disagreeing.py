"""Near-duplicates that carry different labels: one of the two is wrong, or the guideline does not tell them apart."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from feedback.domain.groups import NEAR_BITS, Together, near_duplicates


@dataclass(frozen=True, slots=True)
class Unlike:
    """An image and the nearest one of another label, by their numbers: their hashes differ in `bits` ≤ NEAR_BITS."""

    number: int
    other: int
    bits: int


def near_but_unlike(hashes: Sequence[int | None], labels: Sequence[Hashable]) -> list[Unlike]:
    """Every image that has a near-duplicate of another label, the nearest pairs first. Hashes are 64-bit."""
    linked = Together(len(hashes))
    for one, other in near_duplicates(hashes):
        linked.join(one, other)
    sets: dict[int, list[int]] = defaultdict(list)
    known: dict[int, int] = {}
    for number, value in enumerate(hashes):
        if value is not None:
            known[number] = value & 0xFFFF_FFFF_FFFF_FFFF
            sets[linked.find(number)].append(number)
    found = []
    for members in sets.values():
        if len({labels[number] for number in members}) < 2:
            continue
        bits = np.array([known[number] for number in members], dtype=np.uint64)
        names: dict[Hashable, int] = {}
        kinds = np.array([names.setdefault(labels[number], len(names)) for number in members])
        for place, number in enumerate(members):
            apart = np.bitwise_count(bits ^ bits[place]).astype(np.int64)
            apart[kinds == kinds[place]] = 65
            nearest = int(apart.argmin())
            if apart[nearest] <= NEAR_BITS:
                found.append(Unlike(number, members[nearest], int(apart[nearest])))
    return sorted(found, key=lambda each: (each.bits, min(each.number, each.other), each.number))
