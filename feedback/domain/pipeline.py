"""What a project lacks on the way from a camera to a model that is watched, each gap named with why it matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

LEAST_TIMED = 20
"""Labelled images whose hour is known: of fewer nothing is said about the night."""


class Stage(StrEnum):
    """The stages in order; the last feeds the first."""

    COLLECTION = "collection"
    LABELING = "labeling"
    TRAINING = "training"
    DEPLOYMENT = "deployment"
    MONITORING = "monitoring"


@dataclass(frozen=True)
class Gap:
    """`words` say what is lacking, `why` what comes of it, `mend` what the button does that leads to `page`.

    That is the name of an address of the project, with `args` after it and `query` as its parameters; or `runbook`,
    for everybody; or one of the admin, for a superuser alone.
    """

    key: str
    stage: Stage
    words: str
    why: str
    mend: str
    page: str
    args: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    anchor: str = ""


@dataclass(frozen=True)
class Facts:
    """A project as it is. None: there is none, or it is not known.

    cameras: that sent in 30 days, of the newest 5,000 captures.
    timed, at_night: labelled images of cameras whose hour is known; those taken between 21 and 6 where the camera is.
    gold: known answers in use. seen_twice: images that several people answered in 30 days.
    dataset: the newest frozen one's number. test_taken_at: when its newest test image was taken.
    shifted_at: when what the cameras send changed last, or a new normal was accepted.
    model: the id of the one that serves. learnt_at: when it was made. has_baseline: whether rules were tried beside it.
    drift_at: when the drift alarm that stands was raised. has_reference: whether it is known what is usual.
    has_policy, has_budget: how predictions are routed. on_call: people who get the letter of an alarm.
    is_backed_up: whether a backup of the installation was made in a week.
    """

    cameras: int = 0
    timed: int = 0
    at_night: int = 0
    gold: int = 0
    seen_twice: int = 0
    dataset: int | None = None
    test_taken_at: datetime | None = None
    shifted_at: datetime | None = None
    model: str | None = None
    learnt_at: datetime | None = None
    has_baseline: bool = False
    drift_at: datetime | None = None
    on_call: int = 0
    has_policy: bool = False
    has_budget: bool = False
    has_reference: bool = False
    is_backed_up: bool = False


def gaps(facts: Facts) -> list[Gap]:
    """Everything that is lacking, in the order of the stages."""
    return [gap for rule in RULES for gap in rule(facts)]


def _collection(facts: Facts) -> Iterator[Gap]:
    if facts.cameras == 0:
        yield Gap(
            "no_captures",
            Stage.COLLECTION,
            "No camera has sent anything for 30 days.",
            "A model that sees nothing finds nothing, and nobody is told that it is blind.",
            "Have a camera send",
            "captures",
        )
    elif facts.cameras == 1:
        yield Gap(
            "one_camera",
            Stage.COLLECTION,
            "All of the newest pictures come from one camera.",
            "The model learns that camera’s light and angle, and may fail at the next.",
            "See the cameras",
            "cameras",
        )
    if facts.timed >= LEAST_TIMED and not facts.at_night:
        yield Gap(
            "no_night",
            Stage.COLLECTION,
            f"None of {facts.timed:,} labelled images was taken at night.",
            "The model’s first night will be a shift that it has never seen.",
            "Make a round of night images",
            "new-round",
        )


def _labeling(facts: Facts) -> Iterator[Gap]:
    if not facts.gold:
        yield Gap(
            "no_gold",
            Stage.LABELING,
            "There is no gold: no image with a known answer.",
            "How often people are right cannot be told; only how often they say the same.",
            "Choose known answers",
            "gold",
        )
    if not facts.seen_twice:
        yield Gap(
            "no_second_annotator",
            Stage.LABELING,
            "No image was answered by two people in the last 30 days.",
            "One person’s habit becomes the truth, and no agreement can be measured.",
            "Make a round of two answers an image",
            "new-round",
            query={"answers_required": "2"},
        )


def _training(facts: Facts) -> Iterator[Gap]:
    if facts.dataset is None:
        yield Gap(
            "no_dataset",
            Stage.TRAINING,
            "No dataset was ever frozen.",
            "Without a test set that stays as it is no two models can be compared.",
            "Freeze a dataset",
            "datasets",
        )
    elif _is_older(facts.test_taken_at, facts.shifted_at):
        yield Gap(
            "test_set_older_than_shift",
            Stage.TRAINING,
            "The test set is older than the last change of what the cameras send.",
            "The gate compares models on a world that is gone.",
            "Freeze a newer one",
            "datasets",
        )
    if facts.model is not None and not facts.has_baseline:
        yield Gap(
            "no_baseline",
            Stage.TRAINING,
            "The model that serves was never compared with a rule that needs no model.",
            "Always saying the commonest label may be as good, and costs nothing.",
            "Measure the baseline",
            "model",
            (facts.model,),
            anchor="costs",
        )


def _deployment(facts: Facts) -> Iterator[Gap]:
    if facts.model is None:
        yield Gap(
            "no_model",
            Stage.DEPLOYMENT,
            "No model serves.",
            "Captures wait, or go to people one and all.",
            "Train or bring one",
            "overview",
            anchor="training",
        )
    elif _is_older(facts.learnt_at, facts.drift_at):
        yield Gap(
            "model_older_than_drift",
            Stage.DEPLOYMENT,
            "The model that serves is older than the drift that stands.",
            "It was made for pictures that the cameras send no more.",
            "Train on what is new",
            "overview",
            anchor="training",
        )
    if facts.has_policy and not facts.has_budget:
        yield Gap(
            "policy_by_hand",
            Stage.DEPLOYMENT,
            "The threshold is set by hand, and not by an error budget.",
            "Nobody can say how much of what is accepted is wrong, and no answer takes trust back.",
            "Set an error budget",
            "routing",
        )


def _monitoring(facts: Facts) -> Iterator[Gap]:
    if facts.model is not None and not facts.has_reference:
        yield Gap(
            "no_reference",
            Stage.MONITORING,
            "What is usual is not learnt yet.",
            "Until then no drift can be noticed.",
            "See what is missing",
            "drift",
        )
    if not facts.on_call:
        yield Gap(
            "nobody_on_call",
            Stage.MONITORING,
            "Nobody would get the letter of an alarm: no QA lead or engineer has an address.",
            "An alarm that nobody reads is none.",
            "Give one of them an address",
            "admin:people_user_changelist",
        )
    if not facts.is_backed_up:
        yield Gap(
            "no_backup",
            Stage.MONITORING,
            "No backup was made in the last week.",
            "A disk that breaks takes every answer with it, and nobody can give those again.",
            "Read how to make one",
            "runbook",
            ("backup",),
        )


RULES: tuple[Callable[[Facts], Iterator[Gap]], ...] = (
    _collection,
    _labeling,
    _training,
    _deployment,
    _monitoring,
)


def _is_older(made: datetime | None, changed: datetime | None) -> bool:
    return made is not None and changed is not None and made < changed
