"""Items by how many called them what: few distinct counts stand for any number of items."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labeling.domain.agreement.answers import Answers, Floats, Indices

LARGEST_CODE = 2**62


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
    """Of cells (item, label, how many annotators said so), as a GROUP BY makes them. All three: shape (cells,)."""
    table = np.bincount(item * labels + label, weights=count, minlength=items * labels).reshape(items, labels)
    answered = table.any(axis=1)
    of_item = np.full(items, -1)
    counts, of_item[answered], times = distinct(table[answered].astype(np.int64))
    return Patterns(counts.astype(np.float64), times.astype(np.float64), of_item)


def distinct(table: Indices) -> tuple[Indices, Indices, Indices]:
    """The distinct rows of a table of integers from 0 up, shape (n, columns), in order.

    Returns the rows (P, columns), which of them each row is (n,), and how often each occurs (P,).
    """
    code, span = np.zeros(len(table), dtype=np.int64), 1
    for column in table.T:
        base = int(column.max(initial=0)) + 1
        if base == 1:
            continue
        if span * base > LARGEST_CODE:
            code = np.unique(code, return_inverse=True)[1]
            span = len(table)
        code, span = code * base + column, span * base
    _, first, which, times = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    return table[first], which, times
