"""Which three things are worth doing first, of all that a week's figures ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from feedback.domain.pipeline import Gap

MOST = 3
LONGEST_BACKLOG_DAYS = 2.0
"""What waits longer than this at the week's pace is asked about."""

BUDGET_ALARM = "error_budget"
LEAST_FRESH = 0.1
"""New examples worth a training, as a share of those in the newest dataset."""


class Level(IntEnum):
    """Why something should be done, the most pressing first."""

    ERRORS_GO_OUT = 1
    PEOPLE_WORK_AT_A_LOSS = 2
    COULD_BE_BETTER = 3
    IS_LACKING = 4


@dataclass(frozen=True)
class Action:
    """One thing to do: `words` say what and `why` what for; `page` is the name of an address, `args` what it takes
    after the project, and `query` its parameters. `size`, 0..1, is the share of the project's work it touches."""

    level: Level
    key: str
    words: str
    why: str
    page: str
    size: float = 1.0
    args: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    anchor: str = ""


@dataclass(frozen=True)
class Standing:
    """An alarm that nobody had settled by the end of the week, of the alarms' `kind`; `do` is what to do about it.

    `touches` is the share of the week's captures it is about, 0..1.
    """

    kind: str
    do: str
    words: str
    page: str
    is_critical: bool
    touches: float = 1.0


@dataclass(frozen=True)
class Slice:
    """How often the model was right on one source: 95% interval of the share, 0..1, and its part of all predictions."""

    key: str
    name: str
    value: float
    low: float
    high: float
    part: float


@dataclass(frozen=True)
class Facts:
    """What is known at the end of a week; None and empty where nothing is, and then nothing follows from it.

    `accuracy` is of all predictions of the week, `budget` the share that may be wrong, `bound` what is proved of it;
    `waiting_days` how long all that waits takes at the present pace; `distrusted` names of labels whose α lies wholly
    below the floor; `agreement_query` the filters of the report that says so; `suspects` labels likely wrong that were
    found and not looked at yet, in the dataset of that id; `fresh` examples since the newest dataset of `learnt`.
    """

    alarms: tuple[Standing, ...] = ()
    budget: float | None = None
    bound: float | None = None
    waiting: int = 0
    waiting_days: float | None = None
    distrusted: tuple[str, ...] = ()
    labels: int = 0
    agreement_query: Mapping[str, str] = field(default_factory=dict)
    suspects: int = 0
    suspects_in: str = ""
    learnt: int = 0
    fresh: int = 0
    accuracy: float | None = None
    slices: tuple[Slice, ...] = ()
    gaps: tuple[Gap, ...] = ()


def three_things(facts: Facts) -> list[Action]:
    """The MOST actions to begin with: by level, within it the one that touches most, of equals by key."""
    asked = [action for rule in RULES for action in rule(facts)]
    return sorted(asked, key=lambda action: (action.level, -action.size, action.key))[:MOST]


def _alarms(facts: Facts) -> Iterator[Action]:
    for alarm in facts.alarms:
        level = Level.ERRORS_GO_OUT if alarm.is_critical else Level.PEOPLE_WORK_AT_A_LOSS
        yield Action(
            level, f"alarm {alarm.kind} {alarm.words}", alarm.do, alarm.words, alarm.page, alarm.touches
        )


def _unproved_budget(facts: Facts) -> Iterator[Action]:
    if facts.budget is None or (facts.bound is not None and facts.bound <= facts.budget):
        return
    if any(alarm.kind == BUDGET_ALARM for alarm in facts.alarms):
        # That it is broken says more than that it is not proved.
        return
    yield Action(
        Level.PEOPLE_WORK_AT_A_LOSS,
        "budget",
        "Answer the audits that wait, or raise their share.",
        "It is not proved yet that the model keeps its error budget: until it is, people decide what it could.",
        "routing",
        0.5,
        anchor="trust",
    )


def _backlog(facts: Facts) -> Iterator[Action]:
    if facts.waiting_days is None or facts.waiting_days <= LONGEST_BACKLOG_DAYS:
        return
    yield Action(
        Level.PEOPLE_WORK_AT_A_LOSS,
        "backlog",
        f"Find more people for the queues, or send them less: {facts.waiting:,} questions wait.",
        f"At the present pace they take {facts.waiting_days:.0f} days, and an answer that late mends little.",
        "quality",
        min(1.0, facts.waiting_days / 14),
    )


def _disagreement(facts: Facts) -> Iterator[Action]:
    if not facts.distrusted:
        return
    named = ", ".join(facts.distrusted[:3]) + (" and others" if len(facts.distrusted) > 3 else "")
    yield Action(
        Level.PEOPLE_WORK_AT_A_LOSS,
        "agreement",
        f"Make the guideline clearer about {named}.",
        "People call the same images different things there; a model learns no better than they agree.",
        "agreement",
        len(facts.distrusted) / max(facts.labels, len(facts.distrusted)),
        query=facts.agreement_query,
    )


def _weak_slice(facts: Facts) -> Iterator[Action]:
    weak = [one for one in facts.slices if facts.accuracy is not None and one.high < facts.accuracy]
    for one in weak:
        yield Action(
            Level.COULD_BE_BETTER,
            f"slice {one.key}",
            f"Label more from {one.name}.",
            f"The model was right on {one.low:.0%} to {one.high:.0%} of it, and on {facts.accuracy:.0%} of everything.",
            "new-round",
            one.part,
            query={"source": one.key},
        )


def _label_errors(facts: Facts) -> Iterator[Action]:
    if not facts.suspects:
        return
    yield Action(
        Level.COULD_BE_BETTER,
        "label errors",
        f"Look at the {facts.suspects:,} labels that are likely wrong."
        if facts.suspects > 1
        else "Look at the label that is likely wrong.",
        "The next model learns from them, and the gate measures by them.",
        "label-errors",
        min(1.0, facts.suspects / max(facts.learnt, 1)),
        args=(facts.suspects_in,),
    )


def _training(facts: Facts) -> Iterator[Action]:
    share = facts.fresh / facts.learnt if facts.learnt else float(facts.fresh > 0)
    if share < LEAST_FRESH:
        return
    yield Action(
        Level.COULD_BE_BETTER,
        "train",
        f"Train: {facts.fresh:,} labelled images are new since the last dataset.",
        "What people said since then has taught no model yet.",
        "overview",
        min(1.0, share),
        anchor="training",
    )


def _gaps(facts: Facts) -> Iterator[Action]:
    """Last, in the order of the pipeline: they complete the list of a week in which all went well."""
    for number, gap in enumerate(facts.gaps):
        yield Action(
            Level.IS_LACKING,
            f"gap {gap.key}",
            f"{gap.mend}.",
            f"{gap.words} {gap.why}",
            gap.page,
            1 / (1 + number),
            gap.args,
            gap.query,
            gap.anchor,
        )


RULES: tuple[Callable[[Facts], Iterator[Action]], ...] = (
    _alarms,
    _unproved_budget,
    _backlog,
    _disagreement,
    _weak_slice,
    _label_errors,
    _training,
    _gaps,
)
