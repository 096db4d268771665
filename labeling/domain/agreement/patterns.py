"""Items by how many called them what: few distinct counts stand for any number of items."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labeling.domain.agreement.answers import Answers, Floats, Indices

LARGEST_CODE = 2**62
LARGEST_WHOLE = 2**53
"""Up to here floating point counts without gaps."""
SPARSE = 8
"""Codes so many times sparser than this are sorted rather than counted."""


@dataclass(frozen=True)
class Patterns:
    """The distinct counts of labels that items have, and how many items have each.

    counts: shape (P, labels), how many annotators gave each label; times: (P,), how many items have these counts;
    of_item: (items,), which pattern an item has, or -1 for an item without answers.
    """

    counts: Floats
    times: Floats
    of_item: Indices = field(repr=False)

    @property
    def sizes(self) -> Floats:
        """How many answers an item of each pattern has, shape (P,)."""
        return self.counts.sum(axis=1)

    @property
    def pairable(self) -> NDArray[np.bool_]:
        """Whether an item of each pattern has two answers to compare, shape (P,)."""
        return self.sizes >= 2


def patterns(answers: Answers) -> Patterns:
    """Of answers where nobody answers an item twice (see `Answers.latest`)."""
    return patterns_of_cells(
        answers.item,
        answers.label,
        np.ones(len(answers)),
        items=len(answers.items),
        labels=len(answers.labels),
    )


def patterns_of_cells(item: Indices, label: Indices, count: Floats, *, items: int, labels: int) -> Patterns:
    """Of cells (item, label, how many annotators said so), as a GROUP BY makes them. All three: shape (cells,).

    An item's counts are the digits of a few whole numbers, so that no table of items × labels is ever made.
    """
    sizes = np.bincount(item, weights=count, minlength=items)
    base = max(2, int(sizes.max(initial=0)) + 1)
    digits = 1
    while base ** (digits + 1) < LARGEST_WHOLE:
        digits += 1
    value = np.array([float(base**place) for place in range(digits)])[label % digits] * count
    codes = np.stack(
        [
            np.bincount(item, weights=np.where(label // digits == part, value, 0.0), minlength=items)
            for part in range(-(-labels // digits))
        ]
        if labels > digits
        else [np.bincount(item, weights=value, minlength=items)]
    ).astype(np.int64)
    answered = sizes > 0
    of_item = np.full(items, -1)
    found, of_item[answered], times = distinct(codes[:, answered].T)
    counts = found[:, np.arange(labels) // digits] // base ** (np.arange(labels) % digits) % base
    return Patterns(counts.astype(np.float64), times.astype(np.float64), of_item)


def distinct(table: Indices) -> tuple[Indices, Indices, Indices]:
    """The distinct rows of a table of integers from 0 up, shape (n, columns), in order.

    Returns the rows (P, columns), which of them each row is (n,), and how often each occurs (P,).
    """
    code, span = np.zeros(len(table), dtype=np.int64), 1
    for column in table.T:
        base = int(column.max(initial=0)) + 1
        if span * base > LARGEST_CODE:
            code, span = _numbered(code, span)[0], len(table)
        if span * base > LARGEST_CODE:
            column, base = _numbered(column, base)[0], len(table)
        code, span = code * base + column, span * base
    which, times = _numbered(code, span)
    first = np.empty(len(times), dtype=np.int64)
    first[which[::-1]] = np.arange(len(table))[::-1]
    return table[first], which, times


def counted_codes(code: Indices, span: int) -> tuple[Indices, Indices]:
    """The distinct codes in order, and how often each occurs. All are from 0 to span - 1."""
    if span > SPARSE * len(code):
        return np.unique(code, return_counts=True)
    times = np.bincount(code)
    occurring = np.flatnonzero(times)
    return occurring, times[occurring]


def _numbered(code: Indices, span: int) -> tuple[Indices, Indices]:
    """Which of the distinct codes, in order, each is, and how often each occurs. All are from 0 to span - 1."""
    if span > SPARSE * len(code):
        _, which, times = np.unique(code, return_inverse=True, return_counts=True)
        return which, times
    times = np.bincount(code)
    occurs = times > 0
    return (np.cumsum(occurs) - 1)[code], times[occurs]
