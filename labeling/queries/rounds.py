"""Rounds, and how far each has come: what is answered, by whom, how fast, and when it will be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from labeling.domain.forecast import Forecast, Pace, forecast
from labeling.enums import TaskState
from labeling.models import Label, Round
from people.queries.projects import led_by

WINDOW = timedelta(hours=1)
"""Over how long a pace is measured."""

AT_WORK = timedelta(minutes=10)
"""Who answered within this is at work."""

# Known answers are served among the tasks and are none of them.
TASKS = """
SELECT task.queue_id, task.state, count(*)
FROM labeling_task AS task
WHERE task.queue_id = ANY(%(queues)s) AND task.gold_id IS NULL
GROUP BY task.queue_id, task.state
"""
LEFT = """
SELECT slot.queue_id, count(*)
FROM labeling_slot AS slot
WHERE slot.queue_id = ANY(%(queues)s) AND slot.site_id >= 0 AND slot.answered_at IS NULL
GROUP BY slot.queue_id
"""
BY_PERSON = """
SELECT person.id, coalesce(nullif(trim(person.first_name || ' ' || person.last_name), ''), person.username),
       count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY answer.seconds), max(answer.created_at),
       count(*) FILTER (WHERE answer.created_at > now() - make_interval(secs => %(window)s)),
       min(answer.created_at) FILTER (WHERE answer.created_at > now() - make_interval(secs => %(window)s))
FROM labeling_task AS task
JOIN labeling_answer AS answer ON answer.task_id = task.id
JOIN people_user AS person ON person.id = answer.user_id
WHERE task.queue_id = %(queue)s AND task.gold_id IS NULL
  AND answer.state = 'counted' AND answer.supersedes_id IS NULL
GROUP BY person.id
ORDER BY count(*) DESC, person.id
"""
BY_LABEL = """
SELECT said.label, count(*)
FROM labeling_task AS task
JOIN labeling_answer AS answer ON answer.task_id = task.id
CROSS JOIN LATERAL (
    SELECT DISTINCT coalesce(answer.value ->> 'label', region ->> 'label')
    FROM (SELECT 1) AS one
    LEFT JOIN LATERAL jsonb_array_elements(answer.value -> 'regions') AS region ON true
) AS said (label)
WHERE task.queue_id = %(queue)s AND task.gold_id IS NULL AND answer.state = 'counted'
  AND NOT EXISTS (SELECT 1 FROM labeling_answer AS later WHERE later.supersedes_id = answer.id)
GROUP BY said.label
"""


@dataclass(frozen=True)
class Progress:
    """Counts of images. `answers_left` are still to be given; `coming` images are chosen and not open yet."""

    asked: int = 0
    done: int = 0
    withdrawn: int = 0
    answers_left: int = 0
    coming: int = 0

    @property
    def share(self) -> float:
        """Of the images, 0..1, those that have all their answers."""
        return self.done / (self.asked + self.coming) if self.asked + self.coming else 0.0


@dataclass(frozen=True)
class Person:
    """What one person did in a round. `recent` answers were given in the last hour, the first at `recent_since`."""

    id: int
    name: str
    answers: int
    median_seconds: float
    last_at: datetime
    recent: int
    recent_since: datetime | None

    def is_at_work(self, now: datetime) -> bool:
        """Whether they answered in the last ten minutes."""
        return now - self.last_at < AT_WORK


@dataclass(frozen=True)
class Balance:
    """How many answers say a label; `label` None for those that say none of the project's."""

    label: Label | None
    count: int
    share: float


def visible_to(user: Any) -> QuerySet[Round]:
    """The rounds of projects the user leads."""
    return Round.objects.filter(queue__project__in=led_by(user)).select_related("queue__project", "made_by")


def progress_of(rounds: list[Round]) -> dict[Any, Progress]:
    """How far each round has come, by its id: two statements for all of them."""
    terms = {"queues": [one.pk for one in rounds]}
    states: dict[Any, dict[str, int]] = {one.pk: {} for one in rounds}
    with connection.cursor() as cursor:
        cursor.execute(TASKS, terms)
        for queue_id, state, count in cursor.fetchall():
            states[queue_id][state] = count
        cursor.execute(LEFT, terms)
        left = dict(cursor.fetchall())
    return {
        one.pk: Progress(
            asked=sum(states[one.pk].values()),
            done=states[one.pk].get(TaskState.RESOLVED, 0),
            withdrawn=states[one.pk].get(TaskState.WITHDRAWN, 0),
            answers_left=left.get(one.pk, 0),
            coming=_coming(one),
        )
        for one in rounds
    }


def _coming(one: Round) -> int:
    if one.queue.closed_at is not None:
        return 0
    additions = one.filters.get("additions", ())
    return sum(max(each["found"] - each["opened"], 0) for each in additions if not each["is_done"])


def people_in(which: Round) -> list[Person]:
    """Who answered in the round, the most diligent first. A changed answer is one answer."""
    with connection.cursor() as cursor:
        cursor.execute(BY_PERSON, {"queue": which.pk, "window": WINDOW.total_seconds()})
        return [Person(*row) for row in cursor.fetchall()]


def balance_of(which: Round) -> list[Balance]:
    """What was said so far, by label in the project's order; an image with boxes counts once a label."""
    with connection.cursor() as cursor:
        cursor.execute(BY_LABEL, {"queue": which.pk})
        counts: dict[str | None, int] = dict(cursor.fetchall())
    total = sum(counts.values())
    labels = which.queue.project.labels.order_by("position", "key")
    rows = [
        Balance(label, counts.pop(label.key, 0), 0)
        for label in labels
        if label.retired_at is None or label.key in counts
    ]
    if others := sum(counts.values()):
        rows.append(Balance(None, others, 0))
    return [Balance(row.label, row.count, row.count / total if total else 0.0) for row in rows]


def forecast_of(progress: Progress, people: list[Person], answers_required: int) -> Forecast | None:
    """When the round will be done at the pace of those at work now; None where there is no pace yet."""
    now = timezone.now()
    paces = [
        Pace(one.recent, (now - one.recent_since).total_seconds())
        for one in people
        if one.recent_since is not None and one.is_at_work(now)
    ]
    return forecast(progress.answers_left + progress.coming * answers_required, paces)
