"""How the work in a project's queues goes: what waits, what was answered, by how many, how fast."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.db.models.fields.json import KT
from django.utils import timezone

from labeling.enums import AnswerState, Verdict
from labeling.models import Answer, Label, Resolution
from labeling.queries.tasks import COUNT_LIMIT
from people.models import Project
from people.queries.ids import id_floor

BY_QUEUE = """
WITH said AS (
    SELECT task.queue_id, answer.user_id, answer.seconds, answer.created_at
    FROM labeling_answer AS answer JOIN labeling_task AS task ON task.id = answer.task_id
    WHERE answer.project_id = %(project)s AND answer.state = 'counted'
      AND answer.created_at > now() - interval '24 hours'
      AND answer.id >= %(floor)s AND task.gold_id IS NULL
),
by_queue AS (
    SELECT queue_id,
           count(*) AS day,
           count(*) FILTER (WHERE created_at > now() - interval '1 hour') AS hour,
           count(DISTINCT user_id) FILTER (WHERE created_at > now() - interval '1 hour') AS people,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds
    FROM said GROUP BY queue_id
)
SELECT queue.id, queue.name, queue.audience, queue.blind, queue.answers_required,
       (SELECT count(*) FROM (SELECT 1 FROM labeling_task AS task
                              WHERE task.queue_id = queue.id AND task.state = 'open' AND task.gold_id IS NULL
                              LIMIT %(limit)s) AS few),
       (SELECT task.created_at FROM labeling_task AS task
        WHERE task.queue_id = queue.id AND task.state = 'open' AND task.gold_id IS NULL ORDER BY task.id LIMIT 1),
       coalesce(by_queue.day, 0), coalesce(by_queue.hour, 0), coalesce(by_queue.people, 0), by_queue.median_seconds
FROM labeling_queue AS queue LEFT JOIN by_queue ON by_queue.queue_id = queue.id
WHERE queue.project_id = %(project)s AND queue.purpose <> 'quiz'
ORDER BY queue.created_at, queue.id
"""


@dataclass(frozen=True)
class QueueProgress:
    """One queue now. `day` and `hour` count the answers of the last 24 hours and 60 minutes, `people` those who
    gave the latter; `median_seconds` is of the day's answers, None without any."""

    id: UUID
    name: str
    audience: str
    blind: bool
    answers_required: int
    waiting: int
    oldest_at: datetime | None
    day: int
    hour: int
    people: int
    median_seconds: float | None

    @property
    def more_wait(self) -> bool:
        """Whether counting stopped at the limit."""
        return self.waiting >= COUNT_LIMIT


@dataclass(frozen=True)
class LabelCount:
    """How many images the project holds to be of one label, and the share of all it holds resolved, 0..1."""

    label: Label
    count: int
    share: float


@dataclass(frozen=True)
class Kept:
    """Of the answers given with a proposal in view, how many kept it. `cant_tell` is of neither."""

    kept: int
    changed: int

    @property
    def shown(self) -> int:
        return self.kept + self.changed


def by_queue(project: Project) -> list[QueueProgress]:
    """Every queue of the project, in the order they were made; one statement."""
    with connection.cursor() as cursor:
        floor = id_floor(timezone.now() - timedelta(days=1))
        cursor.execute(BY_QUEUE, {"project": project.pk, "limit": COUNT_LIMIT, "floor": floor})
        return [QueueProgress(*row) for row in cursor.fetchall()]


def label_balance(project: Project) -> tuple[list[LabelCount], int]:
    """The resolutions in force by label, and how many of them say that nobody could tell."""
    in_force = Resolution.objects.filter(project=project, replaced_at=None)
    counts = dict(
        in_force.filter(value__isnull=False)
        .annotate(key=KT("value__label"))
        .values_list("key")
        .annotate(count=Count("id"))
    )
    labels = project.labels.order_by("position", "key")
    total = sum(counts.values())
    balance = [
        LabelCount(label, counts.get(label.key, 0), counts.get(label.key, 0) / total if total else 0)
        for label in labels
        if label.retired_at is None or label.key in counts
    ]
    return balance, in_force.filter(value__isnull=True).count()


def kept_proposals(project: Project) -> Kept:
    """How often people kept what the model proposed, over the answers that stand."""
    standing = Answer.objects.filter(
        project=project, state=AnswerState.COUNTED, superseded_by=None, task__gold=None
    )
    counts = standing.aggregate(
        kept=Count("id", filter=Q(verdict=Verdict.ACCEPT)),
        changed=Count("id", filter=Q(verdict__in=[Verdict.CORRECT, Verdict.NONE_OF_THESE])),
    )
    return Kept(**counts)
