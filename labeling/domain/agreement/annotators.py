"""Each annotator among the others: how often they agree, and what α would be without them."""

from dataclasses import dataclass

import numpy as np

from labeling.domain.agreement.answers import Answers, Floats, Indices
from labeling.domain.agreement.coefficients import divided
from labeling.domain.agreement.krippendorff import alpha
from labeling.domain.agreement.patterns import Patterns

MOST_CELLS = 4_000_000
"""Of annotators × patterns held at once."""


@dataclass(frozen=True)
class Said:
    """How often each annotator gave each label to an item of each pattern; (cells,), in order, only what occurred."""

    annotator: Indices
    pattern: Indices
    label: Indices
    count: Indices

    def margins(self, annotators: int, labels: int) -> Floats:
        """How often each annotator gave each label, shape (annotators, labels)."""
        code = self.annotator * labels + self.label
        cells = np.bincount(code, weights=self.count, minlength=annotators * labels)
        return cells.reshape(annotators, labels).astype(np.float64)


def said_of(answers: Answers, counted: Patterns) -> Said:
    """Of answers and their patterns."""
    labels, size = len(answers.labels), len(counted.counts)
    code = (answers.annotator * size + counted.of_item[answers.item]) * labels + answers.label
    code, count = np.unique(code, return_counts=True)
    rest, label = np.divmod(code, max(labels, 1))
    who, pattern = np.divmod(rest, max(size, 1))
    return Said(who, pattern, label, count)


def agreement_with_others(said: Said, people: int, counted: Patterns, disagreements: Floats) -> Floats:
    """Each annotator's mean agreement with the other answers to the same item, 0..1, shape (people,).

    The mean over their answers of Σ w / (answers of the item - 1); nan for who met nobody.
    """
    others = np.where(counted.pairable, counted.sizes - 1, 0.0)[:, None]
    agreement = (1 - divided(counted.counts @ disagreements, others))[said.pattern, said.label]
    met = ~np.isnan(agreement)
    who, count = said.annotator[met], said.count[met]
    total = np.bincount(who, weights=agreement[met] * count, minlength=people)
    return divided(total, np.bincount(who, weights=count, minlength=people))


def alpha_without(said: Said, people: int, counted: Patterns, distances: Floats | None) -> Floats:
    """α of everybody else's answers, for each annotator left out, shape (people,); nan where it is undefined.

    distances as `krippendorff.alpha` takes them.
    """
    labels, old = counted.counts.shape[1], len(counted.counts)
    who, pattern, label, count = said.annotator, said.pattern, said.label, said.count
    reduced, place = np.unique(pattern * labels + label, return_inverse=True)
    counts = counted.counts[reduced // labels]
    counts[np.arange(len(reduced)), reduced % labels] -= 1
    both = Patterns(
        np.concatenate((counted.counts, counts)),
        np.concatenate((counted.times, np.zeros(len(reduced)))),
        counted.of_item,
    )
    values = np.full(people, np.nan)
    block = max(1, MOST_CELLS // max(len(both.times), 1))
    for start in range(0, people, block):
        size = min(block, people - start)
        times = np.repeat(both.times[None, :], size, axis=0)
        theirs = slice(*np.searchsorted(who, (start, start + size)))
        row = who[theirs] - start
        np.subtract.at(times, (row, pattern[theirs]), count[theirs])
        np.add.at(times, (row, old + place[theirs]), count[theirs])
        values[start : start + size] = alpha(both, times, distances)
    return values
