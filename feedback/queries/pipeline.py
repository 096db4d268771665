"""A project as it is, from its cameras to its alarms: the facts that gaps are found by, and each stage's figures."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from feedback.domain.pipeline import Facts, Gap, Stage, gaps
from feedback.models import DatasetMember, DatasetVersion
from feedback.queries import drift, flow, policies
from feedback.queries.retraining import standing
from feedback.queries.serving import serving
from inference.models import DriftReference, ModelVersion
from inference.queries import arrivals
from labeling.enums import Split
from labeling.models import Gold
from labeling.queries.progress import by_queue
from labeling.queries.sources import cameras
from people.enums import AlarmKind
from people.models import Alarm, Project
from people.queries import alarms, backups

LATELY = timedelta(days=30)
A_WEEK = timedelta(days=7)
MOST_VOTES = 20_000
MOST_EXAMPLES = 20_000
NIGHT_FROM, NIGHT_UNTIL = 21, 6

SEEN_TWICE = """
SELECT count(*) FROM (
    SELECT image_id FROM (
        SELECT image_id, user_id, at FROM labeling_vote WHERE project_id = %(project)s
        ORDER BY number DESC LIMIT %(most)s
    ) AS newest WHERE at >= %(since)s GROUP BY image_id HAVING count(DISTINCT user_id) > 1
) AS several
"""
AT_NIGHT = """
SELECT count(*), count(*) FILTER (WHERE hour >= %(night_from)s OR hour < %(night_until)s) FROM (
    SELECT extract(hour FROM image.captured_at AT TIME ZONE coalesce(site.timezone, 'UTC')) AS hour
    FROM (SELECT image_id FROM feedback_example WHERE project_id = %(project)s AND replaced_at IS NULL
          ORDER BY id DESC LIMIT %(most)s) AS example
    JOIN labeling_image AS image ON image.id = example.image_id
    JOIN labeling_source AS source ON source.id = image.source_id AND source.kind = 'camera'
    LEFT JOIN people_site AS site ON site.id = source.site_id
    WHERE image.captured_at IS NOT NULL
) AS timed
"""


@dataclass(frozen=True)
class Step:
    """One stage: figures as (number or name, what it is), and what it lacks."""

    stage: Stage
    figures: list[tuple[str, str]]
    gaps: list[Gap]


def pipeline(project: Project) -> list[Step]:
    """The five stages in order, with the figures that their own pages show."""
    found = gaps(facts(project))
    figures = _figures(project)
    return [Step(stage, figures[stage], [gap for gap in found if gap.stage == stage]) for stage in Stage]


def facts(project: Project) -> Facts:
    """What `domain.pipeline.gaps` asks, of the newest 20,000 votes and examples."""
    now = timezone.now()
    terms: dict[str, Any] = {"project": project.pk, "since": now - LATELY}
    with connection.cursor() as cursor:
        cursor.execute(SEEN_TWICE, terms | {"most": MOST_VOTES})
        (seen_twice,) = cursor.fetchone()
        cursor.execute(
            AT_NIGHT,
            terms | {"most": MOST_EXAMPLES, "night_from": NIGHT_FROM, "night_until": NIGHT_UNTIL},
        )
        timed, at_night = cursor.fetchone()
    came = arrivals.newest(project)
    now_held = standing(project)
    model = serving(project)
    policy = policies.in_force(project)
    alarm = alarms.standing(project, AlarmKind.DRIFT).first()
    reference = drift.in_force(project, model) if model else None
    return Facts(
        cameras=len(
            {source for source, at in zip(came.sources, came.times, strict=True) if at >= now - LATELY}
        ),
        timed=timed,
        at_night=at_night,
        gold=Gold.objects.filter(project=project, retired_at=None).count(),
        seen_twice=seen_twice,
        dataset=now_held.newest.number if now_held.newest else None,
        test_taken_at=_test_taken_at(now_held.newest),
        shifted_at=_shifted_at(project),
        model=str(model.pk) if model else None,
        learnt_at=model.created_at if model else None,
        has_baseline=bool(model and model.baseline.get("images")),
        drift_at=alarm.raised_at if alarm else None,
        on_call=alarms.addresses(project).count(),
        has_policy=policy is not None,
        has_budget=policy is not None and policy.error_budget is not None,
        has_reference=reference is not None and reference.captures > 0,
        is_backed_up=backups.made_since(now - A_WEEK),
    )


def _test_taken_at(dataset: DatasetVersion | None) -> Any:
    """When the newest image of the test split was taken; of one whose camera did not say, when it came."""
    members = DatasetMember.objects.filter(dataset=dataset, split=Split.TEST.value)
    taken = members.aggregate(
        taken=Max("example__image__captured_at"), came=Max("example__image__created_at")
    )
    return taken["taken"] or taken["came"]


def _shifted_at(project: Project) -> Any:
    """When a drift alarm was raised last, or a new normal accepted."""
    raised = Alarm.objects.filter(project=project, kind=AlarmKind.DRIFT.value).aggregate(at=Max("raised_at"))
    accepted = DriftReference.objects.filter(project=project).exclude(by=None).aggregate(at=Max("created_at"))
    return max((at for at in (raised["at"], accepted["at"]) if at is not None), default=None)


def _figures(project: Project) -> dict[Stage, list[tuple[str, str]]]:
    routes = flow.routes(project)
    queues = by_queue(project)
    held = standing(project)
    model = serving(project)
    reference = drift.in_force(project, model) if model else None
    last_hour = sum(count for _, count in flow.captures_by_minute(project))
    calling = alarms.standing(project).count()
    return {
        Stage.COLLECTION: [
            (f"{cameras(project).count():,}", "cameras"),
            (f"{last_hour:,}", "captures in the last hour"),
        ],
        Stage.LABELING: [
            (f"{sum(queue.day for queue in queues):,}", "answers in 24 h"),
            (f"{sum(queue.waiting for queue in queues):,}", "questions wait"),
        ],
        Stage.TRAINING: [
            (f"{held.examples:,}", "labelled images"),
            (f"{held.fresh:,}", "new since the dataset"),
        ],
        Stage.DEPLOYMENT: [
            (_named(model), "serves"),
            (f"{routes.total - routes.review:,} of {routes.total:,}", "accepted in 24 h"),
        ],
        Stage.MONITORING: [
            (f"{calling:,}", "alarms stand"),
            (drift.standing(reference).state, "is what the cameras send"),
        ],
    }


def _named(model: ModelVersion | None) -> str:
    return f"Model {model.number}" if model else "No model"
