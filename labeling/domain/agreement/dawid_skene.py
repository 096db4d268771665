"""What is true of each item, and how each annotator errs, judged together: Dawid and Skene's EM."""

from dataclasses import dataclass, field

import numpy as np

from labeling.domain.agreement.answers import Answers, Floats, Indices

PSEUDO_COUNT = 1e-9
"""Added to every cell of a confusion matrix: what an annotator never met is even, not undefined."""
START_PSEUDO_COUNT = 0.01
"""Added to every label of an item's votes before the first step: no label starts out impossible."""
SMALLEST = 1e-300


@dataclass(frozen=True)
class DawidSkene:
    """posterior: (items, labels), rows sum to 1, nan for an item without answers; prevalence: (labels,).

    confusion: (annotators, true label, label said), each row sums to 1. log_likelihood: natural, without the
    multinomial constant, at each step; it does not fall.
    """

    posterior: Floats = field(repr=False)
    prevalence: Floats
    confusion: Floats = field(repr=False)
    log_likelihood: list[float]

    def entropy(self) -> Floats:
        """Of each item; see `entropy_of`."""
        return entropy_of(self.posterior)


def dawid_skene(answers: Answers, *, tolerance: float = 1e-9, most_steps: int = 1_000) -> DawidSkene:
    """Maximum likelihood by EM (Dawid and Skene 1979, eq. 2.3-2.5), from the shares of votes.

    Answers that an annotator repeats on an item all count, as in the paper. It ends when a step raises the
    log-likelihood by less than `tolerance` of itself. From shares, not from the majority: on the paper's own data the
    majority leads to a worse optimum. Raises ValueError where nobody answered anything.
    """
    if not len(answers):
        raise ValueError("there are no answers to judge.")
    cells = _Cells(answers)
    posterior: Floats = cells.votes + START_PSEUDO_COUNT
    posterior /= posterior.sum(axis=0)
    history: list[float] = []
    while len(history) < most_steps:
        next_prevalence = posterior.sum(axis=1) / posterior.shape[1]
        next_rates = cells.rates(posterior)
        next_posterior, log_likelihood = cells.judged(next_prevalence, next_rates)
        gain = log_likelihood - history[-1] if history else np.inf
        if gain <= 0:
            break
        # What the rates rest on gives all of the confusion once it is over.
        prevalence, rests_on, posterior = next_prevalence, posterior, next_posterior
        history.append(log_likelihood)
        if gain < tolerance * max(1.0, abs(log_likelihood)):
            break
    of_item = np.full((len(answers.items), len(answers.labels)), np.nan)
    of_item[cells.answered] = posterior.T
    return DawidSkene(of_item, prevalence, cells.confusion(rests_on), history)


def posterior_by(answers: Answers, prevalence: Floats, confusion: Floats) -> Floats:
    """What is true of each item, (items, labels), by a prevalence and confusions estimated elsewhere: eq. 2.5 alone.

    Rows sum to 1; nan for an item without answers. Raises ValueError where nobody answered anything.
    """
    if not len(answers):
        raise ValueError("there are no answers to judge.")
    cells = _Cells(answers)
    of_item = np.full((len(answers.items), len(answers.labels)), np.nan)
    of_item[cells.answered] = cells.judged(prevalence, cells.rates_in(confusion))[0].T
    return of_item


def entropy_of(posterior: Floats) -> Floats:
    """How undecided each item is, in bits, shape (items,): from 0, all clear, to log2(labels)."""
    return -(posterior * np.log2(np.maximum(posterior, SMALLEST))).sum(axis=1)


class _Cells:
    """The answers as (what somebody said, item). Labels come first in every array: each is then one straight run.

    Of two hundred annotators and sixty labels most never say most: only what some annotator did say has a place in
    the arrays of each step.
    """

    def __init__(self, answers: Answers) -> None:
        self.labels, self.annotators = len(answers.labels), len(answers.annotators)
        self.answered, self.item = np.unique(answers.item, return_inverse=True)
        codes, self.said = np.unique(answers.annotator * self.labels + answers.label, return_inverse=True)
        self.by, self.label = codes // self.labels, codes % self.labels
        self.first = np.unique(self.by, return_index=True)[1]
        # One buffer for what is gathered by answer: asking for megabytes anew costs more than filling them.
        self.of_answer = np.empty(len(answers))
        self.votes = np.stack(
            [self._per_item((answers.label == label).astype(np.float64)) for label in range(self.labels)]
        )

    def rates(self, posterior: Floats) -> Floats:
        """Eq. 2.3 of what was said, (true label, said): its share of what its annotator said of such items."""
        counts, totals = self._counts(posterior)
        counts /= np.take(totals, self.by, axis=1)
        return counts

    def rates_in(self, confusion: Floats) -> Floats:
        """The same from confusions (annotators, true label, label said), where a share may be 0."""
        return np.maximum(confusion[self.by, :, self.label].T, SMALLEST)

    def confusion(self, posterior: Floats) -> Floats:
        """Eq. 2.3 of everything that could have been said: (annotators, true label, label said)."""
        counts, totals = self._counts(posterior)
        full = np.full((self.annotators, self.labels, self.labels), PSEUDO_COUNT)
        full[self.by, :, self.label] = counts.T
        full /= totals.T[:, :, None]
        return full

    def _counts(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Items of each true label about which each thing was said, (labels, said), and in all (labels, annotators)."""
        counts = np.empty((self.labels, len(self.by)))
        for of_label, of_item in zip(counts, posterior, strict=True):
            of_label[:] = np.bincount(self.said, self._gathered(of_item, self.item), len(self.by))
        totals = np.zeros((self.labels, self.annotators))
        totals[:, self.by[self.first]] = np.add.reduceat(counts, self.first, axis=1)
        counts += PSEUDO_COUNT
        totals += self.labels * PSEUDO_COUNT
        return counts, totals

    def judged(self, prevalence: Floats, rates: Floats) -> tuple[Floats, float]:
        """Eq. 2.5, in logarithms: the posterior (labels, items answered), and the log-likelihood of all answers."""
        of_said = np.log(rates)
        logs = np.empty((self.labels, len(self.answered)))
        for of_label, sums in zip(of_said, logs, strict=True):
            sums[:] = self._per_item(self._gathered(of_label, self.said))
        logs += np.log(np.maximum(prevalence, SMALLEST))[:, None]
        highest = logs.max(axis=0)
        logs -= highest
        shares = np.exp(logs, out=logs)
        total = shares.sum(axis=0)
        shares /= total
        return shares, float((np.log(total) + highest).sum())

    def _gathered(self, values: Floats, place: Indices) -> Floats:
        return np.take(values, place, out=self.of_answer, mode="clip")

    def _per_item(self, of_answer: Floats) -> Floats:
        return np.bincount(self.item, weights=of_answer, minlength=len(self.answered)).astype(
            np.float64, copy=False
        )
