"""Queues in which something waits past its time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from labeling.enums import Audience
from labeling.queries.tasks import COUNT_LIMIT

# By the index task_due, which holds open tasks with a due time alone. A paused queue waits because somebody said so; an
# alert that a store leaves unanswered goes from person to person, and has an alarm of its own.
LATE = """
SELECT queue.id, oldest.id, oldest.due_at, late.tasks
FROM labeling_queue AS queue
CROSS JOIN LATERAL (
    SELECT task.id, task.due_at FROM labeling_task AS task
    WHERE task.queue_id = queue.id AND task.state = 'open' AND task.gold_id IS NULL AND task.due_at < %(now)s
    ORDER BY task.due_at LIMIT 1
) AS oldest
CROSS JOIN LATERAL (
    SELECT count(*) AS tasks FROM (
        SELECT FROM labeling_task AS task
        WHERE task.queue_id = queue.id AND task.state = 'open' AND task.gold_id IS NULL AND task.due_at < %(now)s
        LIMIT %(limit)s
    ) AS counted
) AS late
WHERE queue.paused_at IS NULL AND queue.closed_at IS NULL AND queue.audience <> %(associate)s
"""


@dataclass(frozen=True)
class Late:
    """Of one queue: the task that was due first, when, and how many are past their time, counted to COUNT_LIMIT."""

    queue_id: UUID
    task_id: UUID
    due_at: datetime
    tasks: int


def late_queues(now: datetime) -> list[Late]:
    """Every queue whose oldest waiting task is past its time at `now`."""
    with connection.cursor() as cursor:
        cursor.execute(LATE, {"now": now, "limit": COUNT_LIMIT, "associate": str(Audience.ASSOCIATE)})
        return [Late(*row) for row in cursor.fetchall()]
