"""Conger κ, and Cohen κ of two annotators: chance by what each annotator says, not by what all of them say.

Conger 1980 averages Cohen's chance agreement (1960; weighted: 1968) over all pairs of annotators; for two of them who
both answered every item the two are one. Both are computed as 1 - D_o / D_e; see `coefficients`.
"""

from dataclasses import dataclass

import numpy as np

from labeling.domain.agreement.answers import Answers, Floats
from labeling.domain.agreement.coefficients import divided, linearised, observed
from labeling.domain.agreement.patterns import Patterns, distinct, patterns

MOST_CELLS = 4_000_000
"""Of items × annotators × labels, up to which the bootstrap draws whole rows."""
MOST_WORK = 4_000_000_000
"""Of those cells × replicates."""
Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Rows:
    """The distinct rows of answers, who said what: `said` (P, annotators × labels), 0 or 1, and `times` (P,)."""

    said: Floats
    times: Floats
    annotators: int
    observed: Floats
    pairable: Floats


def chance_disagreement(margins: Floats, disagreements: Floats) -> Floats:
    """D_e: over ordered pairs of annotators, the disagreement of an answer of one with an answer of the other.

    margins: how often each annotator gave each label, shape (samples, annotators, labels); who gave none does not
    count. Shape (samples,); nan for fewer than two annotators. Gwet 2014, eq. 5.13, rearranged.
    """
    shares = divided(margins, margins.sum(axis=2, keepdims=True), otherwise=0.0)
    raters = (margins.sum(axis=2) > 0).sum(axis=1)
    of_all = shares.sum(axis=1)
    between_all = ((of_all @ disagreements) * of_all).sum(axis=1)
    with_oneself = ((shares @ disagreements) * shares).sum(axis=(1, 2))
    return divided(between_all - with_oneself, (raters * (raters - 1)).astype(np.float64))


def margins(answers: Answers) -> Floats:
    """How often each annotator gave each label, shape (annotators, labels)."""
    shape = len(answers.annotators), len(answers.labels)
    cells = np.bincount(answers.annotator * shape[1] + answers.label, minlength=shape[0] * shape[1])
    return cells.reshape(shape).astype(np.float64)


def conger_kappa(answers: Answers, counted: Patterns, disagreements: Floats) -> tuple[float, float]:
    """(κ, its standard error) of answers and their patterns; nan where nothing is pairable or nothing varies.

    The standard error is conditional on the annotators: Gwet 2014, eq. 5.17-5.19.
    """
    said = margins(answers)
    expected = float(chance_disagreement(said[None, :, :], disagreements)[0])
    apart = observed(counted, disagreements)
    pairs = counted.times @ counted.pairable
    if not pairs or not expected > 0:
        return np.nan, np.nan
    value = float(1 - counted.times @ apart / pairs / expected)
    answered = counted.of_item >= 0
    which = counted.of_item[answered]
    return value, linearised(
        value,
        expected,
        apart[which],
        _expected_of(answers, said, disagreements, expected)[answered],
        counted.pairable[which],
        np.ones(len(which)),
    )


def kappa_of_counts(said: Floats, counted: Patterns, disagreements: Floats) -> float:
    """κ from how often each annotator gave each label, shape (annotators, labels), and the items' patterns."""
    expected = float(chance_disagreement(said[None, :, :], disagreements)[0])
    pairs = counted.times @ counted.pairable
    if not pairs or not expected > 0:
        return np.nan
    return float(1 - counted.times @ observed(counted, disagreements) / pairs / expected)


def cohen_kappa(answers: Answers, disagreements: Floats) -> tuple[float, float]:
    """(κ, its standard error) of two annotators over the items that both answered. nan where nothing varies."""
    both = answered_by_all(answers)
    return conger_kappa(both, patterns(both), disagreements)


def answered_by_all(answers: Answers) -> Answers:
    """Only the answers to items that every annotator answered."""
    size = np.bincount(answers.item, minlength=len(answers.items))
    return answers.only(size[answers.item] == len(answers.annotators))


def rows(answers: Answers, disagreements: Floats, replicates: int) -> Rows | None:
    """What a bootstrap of κ draws from; None where that would be too much (see MOST_CELLS, MOST_WORK)."""
    annotators, labels = len(answers.annotators), len(answers.labels)
    items, item = np.unique(answers.item, return_inverse=True)
    cells = len(items) * annotators * labels
    if cells > MOST_CELLS or cells * replicates > MOST_WORK:
        return None
    table = np.zeros((len(items), annotators), dtype=np.int64)
    table[item, answers.annotator] = answers.label + 1
    table, _, times = distinct(table)
    said = (table[:, :, None] == np.arange(1, labels + 1)).astype(np.float64)
    counts = said.sum(axis=1)
    as_patterns = Patterns(counts, times.astype(np.float64), np.arange(len(table)))
    return Rows(
        said.reshape(len(table), -1),
        as_patterns.times,
        annotators,
        observed(as_patterns, disagreements),
        as_patterns.pairable.astype(np.float64),
    )


def kappa_of_rows(drawn: Rows, times: Floats, disagreements: Floats) -> Floats:
    """κ in each sample of the rows, shape (samples,)."""
    shape = len(times), drawn.annotators, len(disagreements)
    expected = chance_disagreement((times @ drawn.said).reshape(shape), disagreements)
    return 1 - divided(divided(times @ drawn.observed, times @ drawn.pairable), expected)


def normal_interval(value: float, standard_error: float) -> tuple[float, float]:
    """95% by the standard error, at most 1: where the items are too many to draw, the bootstrap comes to the same."""
    return value - Z_95 * standard_error, min(1.0, value + Z_95 * standard_error)


def _expected_of(answers: Answers, said: Floats, disagreements: Floats, expected: float) -> Floats:
    """Each item's share in D_e, shape (items,): they average to D_e over the items answered."""
    answered = said.sum(axis=1)
    shares = divided(said, answered[:, None], otherwise=0.0)
    items = np.count_nonzero(np.bincount(answers.item))
    raters = (answered > 0).sum()
    with_others = (shares.sum(axis=0) - shares) @ disagreements
    own = (with_others * shares).sum(axis=1)
    weight = divided(np.full(len(answered), float(items)), answered, otherwise=0.0)
    of_answer = weight[answers.annotator] * (
        with_others[answers.annotator, answers.label] - own[answers.annotator]
    )
    of_item = np.bincount(answers.item, weights=of_answer, minlength=len(answers.items))
    return expected + of_item / (raters * (raters - 1))
