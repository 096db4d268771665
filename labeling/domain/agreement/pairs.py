"""Every two annotators who met on an item: how many items, what each said, and their Cohen κ."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labeling.domain.agreement.answers import Answers, Floats, Indices
from labeling.domain.agreement.coefficients import divided
from labeling.domain.agreement.patterns import counted_codes

BLOCK = 20_000
"""Pairs whose margins are held at once."""


@dataclass(frozen=True)
class PairCells:
    """How often annotator `a` said `said_a` where annotator `b` > `a` said `said_b`; all of shape (cells,).

    Sorted by (a, b, said_a, said_b); only what occurred.
    """

    a: Indices
    b: Indices
    said_a: Indices
    said_b: Indices
    count: Indices


def pair_cells(answers: Answers) -> PairCells:
    """Of answers where nobody answers an item twice."""
    annotators, labels = len(answers.annotators), len(answers.labels)
    order = np.lexsort((answers.annotator, answers.item))
    item, annotator, label = answers.item[order], answers.annotator[order], answers.label[order]
    codes = [
        ((annotator[first] * annotators + annotator[second]) * labels + label[first]) * labels + label[second]
        for first, second in met(item)
    ]
    code, count = counted_codes(
        np.concatenate(codes) if codes else np.zeros(0, dtype=np.int64), annotators**2 * labels**2
    )
    pair, said = np.divmod(code, labels**2) if len(code) else (code, code)
    return PairCells(
        pair // max(annotators, 1), pair % max(annotators, 1), said // labels, said % labels, count
    )


def pair_kappas(cells: PairCells, disagreements: Floats) -> tuple[Indices, Indices, Indices, Floats]:
    """(a, b, items, κ) of each pair that met, shape (pairs,); κ is nan where both say one and the same throughout.

    Cohen 1960; weighted by disagreements d = 1 - w: 1968. Over the items that both answered.
    """
    labels = len(disagreements)
    new = np.ones(len(cells.a), dtype=bool)
    new[1:] = (np.diff(cells.a) != 0) | (np.diff(cells.b) != 0)
    pair, first = np.cumsum(new) - 1, np.flatnonzero(new)
    pairs = len(first)
    items = np.bincount(pair, weights=cells.count, minlength=pairs)
    apart = np.bincount(
        pair, weights=cells.count * disagreements[cells.said_a, cells.said_b], minlength=pairs
    )
    expected = np.zeros(pairs)
    for start in range(0, pairs, BLOCK):
        rows = slice(*np.searchsorted(pair, (start, start + BLOCK)))
        block = min(BLOCK, pairs - start)
        margin_a, margin_b = (
            np.bincount(
                (pair[rows] - start) * labels + said[rows],
                weights=cells.count[rows],
                minlength=block * labels,
            ).reshape(block, labels)
            for said in (cells.said_a, cells.said_b)
        )
        expected[start : start + block] = ((margin_a @ disagreements) * margin_b).sum(axis=1)
    kappa = 1 - divided(apart * items, expected)
    return cells.a[first], cells.b[first], items.astype(np.int64), kappa


def met(item: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Rows of the same item, two by two, for items in order: shape (pairs,) each, the earlier row first."""
    size = np.bincount(item) if len(item) else np.zeros(0, dtype=np.int64)
    last = np.cumsum(size)[item] if len(item) else item
    row = np.arange(len(item))
    for offset in range(1, int(size.max(initial=0))):
        row = row[row + offset < last[row]]
        yield row, row + offset
