"""Whether a model has earned the champion's place: every rule, with both figures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from inference.domain.serving_budget import Budget, Costs

ACCURACY = "more accurate on the frozen test set"
BOXES = "more accurate boxes on the frozen test set, F1"
MAJORITY = "more accurate than always saying the commonest label"
NO_BOXES = "more accurate than finding nothing, F1"
LABELS = "knows every label of the champion"
LATENCY = "one picture within the latency budget, p95 in ms"
SIZE = "files within the size budget, in bytes"
EVALUATED = "evaluated on the champion's test set"
CALIBRATION = "calibration error within bounds"
FORGOTTEN = "the champion's labels not forgotten beside new ones"
EACH_GOLD = "no worse on images with a known answer"
EACH_RECENT = "no worse on what people verified in production lately"
EACH_LABEL = "no label much worse"
EACH_SLICE = "no camera, site or condition much worse"
EACH_CORRUPTION = "not much worse on dark, blurred, noisy, turned or compressed pictures"

OVERALL, OLD_LABELS, GOLD, RECENT = "overall", "old labels", "gold", "recent"
LABEL, SLICE, CORRUPTION = "label", "slice", "corruption"
NOWHERE_WORSE = {
    OLD_LABELS: FORGOTTEN,
    GOLD: EACH_GOLD,
    RECENT: EACH_RECENT,
    LABEL: EACH_LABEL,
    SLICE: EACH_SLICE,
    CORRUPTION: EACH_CORRUPTION,
}
"""By the kind of a comparison the rule that asks it of every part."""
LEAST_TO_CALIBRATE = 100
"""Of fewer images the calibration error is mostly chance."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a project's gate asks: `margin` 0..1 is how much worse a part may be, where it has `least_images` ≥ 1;
    `most_ece` bounds the calibration error beyond chance's own, 0..1, None not at all; `must_be_proven` asks the
    interval too whether it is better overall."""

    margin: float = 0.05
    least_images: int = 30
    most_ece: float | None = 0.1
    must_be_proven: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """How a model did on one frozen test set: `accuracy` (F1 where it finds boxes) and `majority_accuracy` are 0..1,
    `images` ≥ 1.

    `majority_accuracy` is what always answering the commonest label of that set would reach. `ece` is the calibration
    error, and `ece_floor` what chance alone makes it; None for boxes.
    """

    test_hash: str
    images: int
    accuracy: float
    majority_accuracy: float
    ece: float | None = None
    ece_floor: float | None = None


@dataclass(frozen=True, slots=True)
class Contender:
    """A model at the gate: the labels it knows, its figures where it was measured, and what it takes."""

    labels: Sequence[str]
    figures: Figures | None = None
    costs: Costs | None = None
    finds_boxes: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """Both models on one part of the images that both were measured on: scores 0..1, the difference with its 95%
    interval. `kind` is OVERALL or one of NOWHERE_WORSE; `part` says which label, slice or corruption it is."""

    kind: str
    part: str
    images: int
    challenger: float
    champion: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition: both figures (None where there is none), the limit, and whether it holds.

    Figures are counts of images, counts of labels, accuracies or F1 0..1, milliseconds or bytes, as the name says.
    Where they were compared image by image, `part` is where the challenger does worst, of `images`, and `low` to
    `high` the 95% interval of the `difference`.
    """

    name: str
    challenger: float | None
    champion: float | None
    limit: float | None
    passed: bool
    part: str = ""
    images: int | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Case:
    """What is known beside the two contenders: the project's terms, and how they compare on each part."""

    terms: Terms = field(default_factory=Terms)
    compared: Sequence[Compared] = ()
    is_measured: bool = True


def judge(
    challenger: Contender,
    champion: Contender | None,
    budget: Budget | None = None,
    case: Case | None = None,
) -> list[Rule]:
    """Every rule, in order; the challenger wins when all are passed.

    What is bounded in the `budget` it must keep to, and have been measured. Both must be measured on the same frozen
    test set, and the challenger be strictly more accurate there, knowing at least the champion's labels. Without a
    champion it must beat the commonest label. Nowhere may it be worse by more than the margin, as far as the interval
    proves that: of a few images nothing is proved, and nothing is refused for it.
    """
    case = case or Case()
    ours = challenger.figures
    theirs = champion.figures if champion else None
    same = (
        case.is_measured
        and ours is not None
        and (champion is None or (theirs is not None and theirs.test_hash == ours.test_hash))
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
    if theirs is None:
        rules.append(
            Rule(
                NO_BOXES if challenger.finds_boxes else MAJORITY,
                challenger=ours.accuracy,
                champion=None,
                limit=ours.majority_accuracy,
                passed=ours.accuracy > ours.majority_accuracy,
            )
        )
    else:
        rules.append(_better(challenger, ours, theirs, case))
    return [*rules, *_calibrated(ours, theirs, case.terms), *_nowhere_worse(case)]


def _better(challenger: Contender, ours: Figures, theirs: Figures, case: Case) -> Rule:
    overall = next((each for each in case.compared if each.kind == OVERALL), None)
    proven = overall is not None and overall.low > 0
    return Rule(
        BOXES if challenger.finds_boxes else ACCURACY,
        challenger=ours.accuracy,
        champion=theirs.accuracy,
        limit=theirs.accuracy,
        passed=ours.accuracy > theirs.accuracy and (proven or not case.terms.must_be_proven),
        images=overall.images if overall else None,
        difference=overall.difference if overall else None,
        low=overall.low if overall else None,
        high=overall.high if overall else None,
    )


def _calibrated(ours: Figures, theirs: Figures | None, terms: Terms) -> list[Rule]:
    if terms.most_ece is None or ours.ece is None or ours.images < LEAST_TO_CALIBRATE:
        return []
    limit = terms.most_ece + (ours.ece_floor or 0)
    return [Rule(CALIBRATION, ours.ece, theirs.ece if theirs else None, limit, ours.ece <= limit)]


def _nowhere_worse(case: Case) -> list[Rule]:
    """A rule for each kind of part there is, by the part on which the challenger's best case is worst."""
    rules = []
    for kind, name in NOWHERE_WORSE.items():
        parts = [
            each for each in case.compared if each.kind == kind and each.images >= case.terms.least_images
        ]
        if not parts:
            continue
        worst = min(parts, key=lambda each: (each.high, each.difference))
        rules.append(
            Rule(
                name,
                challenger=worst.challenger,
                champion=worst.champion,
                limit=worst.champion - case.terms.margin,
                passed=worst.high >= -case.terms.margin,
                part=worst.part,
                images=worst.images,
                difference=worst.difference,
                low=worst.low,
                high=worst.high,
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
