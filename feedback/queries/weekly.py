"""A week of a project in figures: what came, where it went, what people said, what rang, and what it took."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet, Sum

from feedback.domain.weekly import Week, commonest_zone
from feedback.enums import SuspectKind
from feedback.models import Certificate, LabelErrorSearch, Promotion, RoutingPolicy
from feedback.queries import label_errors
from feedback.queries.serving import serving
from inference.domain.drift.watch import EVERYWHERE
from inference.enums import RunState
from inference.models import DriftCheck, ModelVersion, TrainingRun
from labeling.models import Answer
from people.enums import AlarmKind
from people.models import Alarm, Project, Site
from people.queries.ids import CLOCKS_DIFFER, id_floor

ROUTED = """
SELECT count(*), count(*) FILTER (WHERE action = 'review'), count(*) FILTER (WHERE action = 'audit')
FROM feedback_routingdecision
WHERE project_id = %(project)s AND id >= %(floor)s AND id < %(ceiling)s
  AND created_at >= %(start)s AND created_at < %(end)s
"""
ANSWERED = """
SELECT count(*), count(DISTINCT answer.user_id), coalesce(sum(answer.seconds), 0),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY answer.seconds)
FROM labeling_answer AS answer JOIN labeling_task AS task ON task.id = answer.task_id
WHERE answer.project_id = %(project)s AND answer.id >= %(floor)s AND answer.id < %(ceiling)s
  AND answer.state = 'counted'
  AND answer.created_at >= %(start)s AND answer.created_at < %(end)s AND task.gold_id IS NULL
"""
BY_SOURCE = """
SELECT source.key, count(*) FROM inference_capture AS capture
JOIN labeling_source AS source ON source.id = capture.source_id
WHERE capture.project_id = %(project)s AND capture.id >= %(floor)s AND capture.id < %(ceiling)s
  AND capture.received_at >= %(start)s AND capture.received_at < %(end)s
GROUP BY 1
"""
MOST_SHOWN = 20


@dataclass(frozen=True)
class Routed:
    """Predictions of the week by where they went; `by_source` counts the captures that came, by key."""

    total: int
    reviewed: int
    audited: int
    by_source: dict[str, int]

    @property
    def accepted(self) -> int:
        """Those that nobody was asked about first, audited ones among them."""
        return self.total - self.reviewed

    @property
    def captures(self) -> int:
        return sum(self.by_source.values())


@dataclass(frozen=True)
class Answered:
    """Counted answers without known ones; `median_seconds` of active time, None without an answer."""

    answers: int
    people: int
    seconds: float
    median_seconds: float | None


@dataclass(frozen=True)
class Budget:
    """What was proved of the error budget when the week ended: of all that has no budget of its own.

    `held` is the certificate in force then; `was_broken` whether the alarm of it stood at any time of the week.
    """

    policy: RoutingPolicy
    held: Certificate | None
    was_broken: bool

    @property
    def verdict(self) -> str:
        """by hand, broken, kept or unproved."""
        if self.policy.error_budget is None:
            return "by hand"
        if self.was_broken:
            return "broken"
        bound = self.held.bound if self.held else None
        return "kept" if bound is not None and bound <= self.policy.error_budget else "unproved"

    @property
    def interval(self) -> tuple[float, float] | None:
        """From nought to the bound, one-sided at the policy's confidence level; None where nothing is proved."""
        return (0.0, self.held.bound) if self.held and self.held.bound is not None else None


@dataclass(frozen=True)
class Search:
    """A search for label errors that ended in the week: labels likely wrong, and what came of the review so far."""

    search: LabelErrorSearch
    suspects: int
    review: label_errors.Review

    @property
    def unseen(self) -> int:
        """Suspects that nobody was asked about yet."""
        return max(0, self.suspects - self.review.sent)


def zone_of(project: Project) -> ZoneInfo:
    """The time zone that most of its sites are in; the installation's where it has none."""
    sites = Site.objects.filter(sources__project=project).distinct()
    return commonest_zone(sites.values_list("timezone", flat=True), settings.TIME_ZONE)


def routed(project: Project, week: Week) -> Routed:
    with connection.cursor() as cursor:
        cursor.execute(ROUTED, terms(project, week))
        total, reviewed, audited = cursor.fetchone()
        cursor.execute(BY_SOURCE, terms(project, week))
        return Routed(total, reviewed, audited, dict(cursor.fetchall()))


def answered(project: Project, week: Week) -> Answered:
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED, terms(project, week))
        return Answered(*cursor.fetchone())


def alarms(project: Project, week: Week) -> QuerySet[Alarm]:
    """Those that stood at any time of the week, the latest raised first."""
    unsettled = Q(settled_at=None) | Q(settled_at__gte=week.start)
    rung = Alarm.objects.filter(unsettled, project=project, raised_at__lt=week.end)
    return rung.select_related("site", "acknowledged_by").order_by("-raised_at", "pk")


def standing_at(rung: list[Alarm], moment: datetime) -> list[Alarm]:
    """Of these alarms, those that nobody had settled by then."""
    return [one for one in rung if one.settled_at is None or one.settled_at >= moment]


def looked_at(project: Project, week: Week) -> int:
    """How many captures were held against what is usual."""
    checks = DriftCheck.objects.filter(
        reference__project=project, source=EVERYWHERE, at__gte=week.start, at__lt=week.end
    )
    return checks.aggregate(captures=Sum("captures"))["captures"] or 0


def budget(project: Project, week: Week, rung: list[Alarm]) -> Budget | None:
    """None where nothing was routed by any policy before the week ended."""
    policies = RoutingPolicy.objects.filter(project=project, created_at__lt=week.end)
    policy = policies.select_related("queue").order_by("-version").first()
    model = serving_at(project, week.end)
    if policy is None:
        return None
    was_broken = any(one.kind == AlarmKind.ERROR_BUDGET for one in rung)
    if model is None:
        return Budget(policy, None, was_broken)
    made = Certificate.objects.filter(policy=policy, model=model, created_at__lt=week.end, slice="", label="")
    return Budget(policy, made.order_by("-id").first(), was_broken)


def serving_at(project: Project, moment: datetime) -> ModelVersion | None:
    """The model that served then; where no promotion says, the one that serves now."""
    promotion = (
        Promotion.objects.filter(project=project, at__lt=moment)
        .select_related("challenger")
        .order_by("-at", "-pk")
        .first()
    )
    return promotion.challenger if promotion else serving(project)


def promotions(project: Project, week: Week) -> list[Promotion]:
    """How the model that serves changed in the week, in order."""
    made = Promotion.objects.filter(project=project, at__gte=week.start, at__lt=week.end)
    return list(made.select_related("challenger", "champion", "by").order_by("at", "pk")[:MOST_SHOWN])


def trainings(project: Project, week: Week) -> list[TrainingRun]:
    """Those that ended in the week, in order."""
    runs = TrainingRun.objects.filter(project=project, finished_at__gte=week.start, finished_at__lt=week.end)
    return list(runs.select_related("model").order_by("finished_at", "pk")[:MOST_SHOWN])


def searches(project: Project, week: Week) -> list[Search]:
    """Searches for label errors that succeeded in the week, the latest first."""
    made = LabelErrorSearch.objects.filter(
        dataset__project=project,
        state=RunState.SUCCEEDED.value,
        finished_at__gte=week.start,
        finished_at__lt=week.end,
    )
    return [
        Search(one, one.found["flagged"], label_errors.review(one, SuspectKind.LABEL))
        for one in made.select_related("dataset__project").order_by("-finished_at")[:MOST_SHOWN]
    ]


def happened(project: Project, week: Week) -> bool:
    """Whether there is anything to say: a capture, an answer, an alarm, a training or a change of model."""
    bounds = terms(project, week)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM inference_capture WHERE project_id = %(project)s AND id >= %(floor)s"
            " AND id < %(ceiling)s AND received_at >= %(start)s AND received_at < %(end)s)",
            bounds,
        )
        if cursor.fetchone()[0]:
            return True
    said = Answer.objects.filter(
        project=project,
        pk__gte=bounds["floor"],
        pk__lt=bounds["ceiling"],
        created_at__gte=week.start,
        created_at__lt=week.end,
    )
    raised = alarms(project, week).filter(raised_at__gte=week.start)
    return (
        said.exists() or raised.exists() or bool(trainings(project, week)) or bool(promotions(project, week))
    )


def terms(project: Project, week: Week) -> dict[str, Any]:
    """What statements about a week are bounded by: `project`, `start`, `end`, and of ids `floor` and `ceiling`."""
    return {
        "project": project.pk,
        "start": week.start,
        "end": week.end,
        "floor": id_floor(week.start),
        # The floor lies an hour early for clocks that disagree; so far beyond the end must the ceiling lie.
        "ceiling": id_floor(week.end + 2 * CLOCKS_DIFFER),
    }
