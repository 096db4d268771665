"""Whether a model has earned the champion's place: every rule, with both figures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from inference.domain.serving_budget import Budget, Costs

ACCURACY = "more accurate on the frozen test set"
MAJORITY = "more accurate than always saying the commonest label"
LABELS = "knows every label of the champion"
LATENCY = "one picture within the latency budget, p95 in ms"
SIZE = "files within the size budget, in bytes"
EVALUATED = "evaluated on the champion's test set"


@dataclass(frozen=True, slots=True)
class Figures:
    """How a model did on one frozen test set: `accuracy` and `majority_accuracy` are 0..1, `images` ≥ 1.

    `majority_accuracy` is what always answering the commonest label of that set would reach.
    """

    test_hash: str
    images: int
    accuracy: float
    majority_accuracy: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A model at the gate: the labels it knows, its figures where it was measured, and what it takes."""

    labels: Sequence[str]
    figures: Figures | None = None
    costs: Costs | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition: both figures (None where there is none), the limit, and whether it holds.

    Figures are counts of images, counts of labels, accuracies 0..1, milliseconds or bytes, as the name says.
    """

    name: str
    challenger: float | None
    champion: float | None
    limit: float | None
    passed: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def judge(challenger: Contender, champion: Contender | None, budget: Budget | None = None) -> list[Rule]:
    """Every rule, in order; the challenger wins when all are passed.

    What is bounded in the `budget` it must keep to, and have been measured. Both must be measured on the same frozen
    test set, and the challenger be strictly more accurate there, knowing at least the champion's labels. Without a
    champion it must beat the commonest label.
    """
    ours = challenger.figures
    theirs = champion.figures if champion else None
    same = ours is not None and (
        champion is None or (theirs is not None and theirs.test_hash == ours.test_hash)
    )
    rules = [
        Rule(
            EVALUATED,
            challenger=ours.images if ours else None,
            champion=theirs.images if theirs else None,
            limit=None,
            passed=same,
        )
    ]
    if champion is not None:
        known = set(champion.labels) & set(challenger.labels)
        needed = len(set(champion.labels))
        rules.append(
            Rule(LABELS, challenger=len(known), champion=needed, limit=needed, passed=len(known) == needed)
        )
    rules += _within(challenger, champion, budget or Budget())
    if not same or ours is None:
        return rules
    if champion is None or theirs is None:
        rules.append(
            Rule(
                MAJORITY,
                challenger=ours.accuracy,
                champion=None,
                limit=ours.majority_accuracy,
                passed=ours.accuracy > ours.majority_accuracy,
            )
        )
    else:
        rules.append(
            Rule(
                ACCURACY,
                challenger=ours.accuracy,
                champion=theirs.accuracy,
                limit=theirs.accuracy,
                passed=ours.accuracy > theirs.accuracy,
            )
        )
    return rules


def _within(challenger: Contender, champion: Contender | None, budget: Budget) -> list[Rule]:
    ours = challenger.costs or Costs(None, 0)
    theirs = (champion.costs if champion else None) or Costs(None, 0)
    pairs = (
        (LATENCY, ours.latency_ms, theirs.latency_ms, budget.latency_ms),
        (SIZE, ours.bytes or None, theirs.bytes or None, budget.bytes),
    )
    return [
        Rule(name, takes, other, limit, takes is not None and takes <= limit)
        for name, takes, other, limit in pairs
        if limit is not None
    ]
