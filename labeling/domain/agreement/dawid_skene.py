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
        next_confusion = cells.confusion(posterior)
        next_posterior, log_likelihood = cells.judged(next_prevalence, next_confusion)
        gain = log_likelihood - history[-1] if history else np.inf
        if gain <= 0:
            break
        prevalence, confusion, posterior = next_prevalence, next_confusion, next_posterior
        history.append(log_likelihood)
        if gain < tolerance * max(1.0, abs(log_likelihood)):
            break
    of_item = np.full((len(answers.items), len(answers.labels)), np.nan)
    of_item[cells.answered] = posterior.T
    return DawidSkene(of_item, prevalence, confusion, history)


def posterior_by(answers: Answers, prevalence: Floats, confusion: Floats) -> Floats:
    """What is true of each item, (items, labels), by a prevalence and confusions estimated elsewhere: eq. 2.5 alone.

    Rows sum to 1; nan for an item without answers. Raises ValueError where nobody answered anything.
    """
    if not len(answers):
        raise ValueError("there are no answers to judge.")
    cells = _Cells(answers)
    of_item = np.full((len(answers.items), len(answers.labels)), np.nan)
    of_item[cells.answered] = cells.judged(prevalence, confusion)[0].T
    return of_item


def entropy_of(posterior: Floats) -> Floats:
    """How undecided each item is, in bits, shape (items,): from 0, all clear, to log2(labels)."""
    return -(posterior * np.log2(np.maximum(posterior, SMALLEST))).sum(axis=1)


class _Cells:
    """The answers as (annotator and label, item). Labels come first in every array: each is then one straight run."""

    def __init__(self, answers: Answers) -> None:
        self.labels, self.annotators = len(answers.labels), len(answers.annotators)
        self.answered, self.item = np.unique(answers.item, return_inverse=True)
        self.said: Indices = answers.annotator * self.labels + answers.label
        # One buffer for what is gathered by answer: asking for megabytes anew costs more than filling them.
        self.of_answer = np.empty(len(answers))
        self.votes = np.stack(
            [self._per_item((answers.label == label).astype(np.float64)) for label in range(self.labels)]
        )

    def confusion(self, posterior: Floats) -> Floats:
        """Eq. 2.3: the share of each label among what an annotator said of items that are truly k."""
        size = self.annotators * self.labels
        rates: Floats = np.stack(
            [
                np.bincount(self.said, weights=self._gathered(of_item, self.item), minlength=size)
                for of_item in posterior
            ]
        )
        rates = rates.reshape(self.labels, self.annotators, self.labels).transpose(1, 0, 2) + PSEUDO_COUNT
        return rates / rates.sum(axis=2, keepdims=True)

    def judged(self, prevalence: Floats, confusion: Floats) -> tuple[Floats, float]:
        """Eq. 2.5, in logarithms: the posterior (labels, items answered), and the log-likelihood of all answers."""
        of_said = np.log(np.maximum(confusion, SMALLEST)).transpose(1, 0, 2).reshape(self.labels, -1)
        logs = np.stack([self._per_item(self._gathered(of_label, self.said)) for of_label in of_said])
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
