"""A project's weekly review: every figure of a week, and the three things to do that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from feedback.domain.pipeline import gaps
from feedback.domain.production import Share
from feedback.domain.spending import Prices, Spent
from feedback.domain.weekly import Week
from feedback.domain.weekly_actions import Action, Facts, Slice, Standing, three_things
from feedback.models import Promotion
from feedback.queries import pipeline, retraining, retraining_rules, spending, weekly, weekly_slices
from inference.models import TrainingRun
from labeling.domain.agreement.filters import Filters
from labeling.domain.agreement.verdict import Standing as Trusted
from labeling.domain.agreement.verdict import verdict
from labeling.queries.audits import schedule_of
from labeling.queries.progress import by_queue
from labeling.services.agreement_later import report_soon
from people.domain.alarm_natures import NATURES
from people.enums import AlarmKind, Severity
from people.models import Alarm, Project

KEPT_SECONDS = 3600
DO = {
    AlarmKind.DRIFT.value: "See what drifted, and what helps against it.",
    AlarmKind.ERROR_BUDGET.value: "Find out what the model gets wrong now, and label it.",
    AlarmKind.AGREEMENT_LOW.value: "Settle what people call by different names.",
    AlarmKind.QUEUE_LATE.value: "Clear the queue that is late.",
    AlarmKind.ALERT_UNANSWERED.value: "Find out why an alert was not answered.",
    AlarmKind.JOB_STUCK.value: "Look at the job that is stuck.",
    AlarmKind.WEBHOOK_OFF.value: "Mend what a webhook is sent to, and switch it on again.",
}


@dataclass(frozen=True)
class Agreement:
    """As the agreement page has it of the same answers, which `query` chooses; `answers` to `images`, of which
    `compared` were answered by several people. `distrusted` are names of labels below the project's `floor`."""

    query: Mapping[str, str]
    answers: int
    images: int
    compared: int
    alpha: float | None
    interval: tuple[float, float] | None
    standing: str
    floor: float
    distrusted: tuple[str, ...]


@dataclass(frozen=True)
class Review:
    """One week. `is_over`: else it is the week so far. Without `happened` nothing else is filled.

    `agreement` is None while a worker still counts it. `backlog` and `backlog_days` are of now and None of a week
    before the last; `things` are of how it all stood when the week ended.
    """

    project: Project
    week: Week
    is_over: bool
    happened: bool
    routed: weekly.Routed | None = None
    answered: weekly.Answered | None = None
    looked_at: int = 0
    alarms: tuple[Alarm, ...] = ()
    budget: weekly.Budget | None = None
    accuracy: weekly_slices.Accuracy | None = None
    agreement: Agreement | None = None
    searches: tuple[weekly.Search, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    trainings: tuple[TrainingRun, ...] = ()
    backlog: int | None = None
    backlog_days: float | None = None
    spent: Spent = field(default_factory=Spent)
    prices: Prices = field(default_factory=Prices)
    things: tuple[Action, ...] = ()

    @property
    def cost(self) -> float | None:
        """Of what was spent, in the currency of the prices; None where nobody stated any."""
        return self.spent.cost(self.prices)


def review(project: Project, week: Week, now: datetime | None = None) -> Review:
    """The figures as their own pages have them, of this week alone."""
    now = now or timezone.now()
    if not weekly.happened(project, week):
        return Review(project, week, week.is_over(now), happened=False)
    routed, answered = _routed(project, week, now), weekly.answered(project, week)
    rung = list(weekly.alarms(project, week))
    budget = weekly.budget(project, week, rung)
    accuracy = weekly_slices.accuracy(project, week)
    agreement = _agreement(project, week)
    searches = weekly.searches(project, week)
    spent = spending.in_span(project, week.start, week.end)
    prices = spending.prices(retraining_rules.rules_of(project))
    is_newest = now < week.after.end
    backlog = sum(queue.waiting for queue in by_queue(project)) if is_newest else None
    days = _days(week, now)
    backlog_days = backlog * days / answered.answers if backlog is not None and answered.answers else None
    facts = Facts(
        alarms=_standing(rung, min(week.end, now), routed),
        budget=budget.policy.error_budget if budget else None,
        bound=budget.held.bound if budget and budget.held else None,
        waiting=backlog or 0,
        waiting_days=backlog_days,
        slices=_slices(accuracy),
        accuracy=accuracy.accuracy.value,
    )
    return Review(
        project=project,
        week=week,
        is_over=week.is_over(now),
        happened=True,
        routed=routed,
        answered=answered,
        looked_at=weekly.looked_at(project, week),
        alarms=tuple(rung),
        budget=budget,
        accuracy=accuracy,
        agreement=agreement,
        searches=tuple(searches),
        promotions=tuple(weekly.promotions(project, week)),
        trainings=tuple(weekly.trainings(project, week)),
        backlog=backlog,
        backlog_days=backlog_days,
        spent=spent,
        prices=prices,
        things=tuple(three_things(_also(facts, project, agreement, searches, is_newest=is_newest))),
    )


def _routed(project: Project, week: Week, now: datetime) -> weekly.Routed:
    """Kept for an hour once the week is over: a busy project's are counted over millions of rows."""
    if not week.is_over(now):
        return weekly.routed(project, week)
    key = f"week.{project.pk}.{week.start.isoformat()}"
    held: weekly.Routed = cache.get_or_set(key, lambda: weekly.routed(project, week), KEPT_SECONDS)
    return held


def _also(
    facts: Facts,
    project: Project,
    agreement: Agreement | None,
    searches: list[weekly.Search],
    *,
    is_newest: bool,
) -> Facts:
    """What agreement and label errors add, and of the newest week what is only known of now."""
    more: dict[str, Any] = {}
    if agreement is not None:
        more |= {
            "distrusted": agreement.distrusted,
            "labels": project.labels.filter(retired_at=None).count(),
            "agreement_query": agreement.query,
        }
    if is_newest:
        held = retraining.standing(project)
        learnt = sum(held.newest.counts.values()) if held.newest else 0
        # While one is being made, nobody need ask for another.
        more |= {
            "learnt": learnt,
            "fresh": 0 if held.busy else held.fresh,
            "gaps": tuple(gaps(pipeline.facts(project))),
        }
        unseen = next((one for one in searches if one.unseen), None)
        if unseen is not None:
            more |= {"suspects": unseen.unseen, "suspects_in": str(unseen.search.dataset_id)}
    return Facts(**{**facts.__dict__, **more})


def _agreement(project: Project, week: Week) -> Agreement | None:
    filters = Filters.from_query({"since": week.start.isoformat(), "until": week.end.isoformat()})
    figures = report_soon(project=project, filters=filters)
    if figures is None:
        return None
    floor = schedule_of(project).floor
    alpha = figures["coefficients"]["krippendorff_alpha"]
    found = verdict(alpha, figures["labels"], floor)
    names = dict(project.labels.values_list("key", "name"))
    return Agreement(
        query=filters.as_query(),
        answers=figures["annotations"],
        images=figures["items"],
        compared=figures["pairable_items"],
        alpha=alpha["value"],
        interval=tuple(alpha["ci"]) if alpha["ci"] else None,
        standing=str(found.overall),
        floor=floor,
        distrusted=tuple(names.get(key, key) for key in found.labels[Trusted.DISTRUSTED]),
    )


def _standing(rung: list[Alarm], moment: datetime, routed: weekly.Routed) -> tuple[Standing, ...]:
    """The alarms that nobody had settled by then, as the ranking takes them."""
    found = []
    for alarm in weekly.standing_at(rung, moment):
        nature = NATURES[AlarmKind(alarm.kind)] if alarm.kind in set(AlarmKind) else None
        # A QA lead has no page of webhooks.
        page = nature.page if nature and nature.page != "webhooks" else "alarms"
        of_source = routed.by_source.get(alarm.source, 0) if alarm.source else routed.captures
        found.append(
            Standing(
                kind=alarm.kind,
                do=DO.get(alarm.kind, f"See to it: {(nature.title if nature else alarm.kind).lower()}."),
                words=alarm.words,
                page=page,
                is_critical=alarm.severity == Severity.CRITICAL,
                touches=of_source / routed.captures if routed.captures else 1.0,
            )
        )
    return tuple(found)


def _slices(found: weekly_slices.Accuracy) -> tuple[Slice, ...]:
    return tuple(
        Slice(row.key, row.name, share.value, share.low, share.high, row.part)
        for row in found.sources
        if _is_known(share := row.accuracy)
    )


def _is_known(share: Share) -> bool:
    return share.value is not None and share.low is not None and share.high is not None


def _days(week: Week, now: datetime) -> float:
    """How many days of the week have passed, at least one hour of them."""
    passed = (min(week.end, now) - week.start).total_seconds() / 86400
    return max(passed, 1 / 24)
