"""Queues, and how much waits in each for one user."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from labeling.enums import Audience, Purpose
from labeling.models import Queue, QuizAttempt, Round
from labeling.queries.tasks import COUNT_LIMIT, with_named
from labeling.rules import EVERY_SITE, hands_out, sites_of
from people.queries.prepared import Prepared

# One row for each queue and site asked about; a null site stands for all. Slots of closed tasks that nobody filled
# are gone, so that unanswered slots are those of open tasks, in the index the claim walks. Where what waits is listed
# before it is taken, as alerts are, the known answers that wait for this person are counted with it.
WAITING = """
SELECT asked.queue, waiting.tasks + checks.tasks, oldest.due_at
FROM unnest(%(queues)s::uuid[], %(sites)s::bigint[], %(required)s::int[], %(listed)s::boolean[])
     AS asked (queue, site, required, listed)
CROSS JOIN LATERAL (
    SELECT count(DISTINCT taken.task_id) AS tasks FROM (
        SELECT slot.task_id FROM labeling_slot AS slot
        WHERE slot.queue_id = asked.queue AND slot.answered_at IS NULL
          AND slot.site_id >= 0 AND (asked.site IS NULL OR slot.site_id = asked.site)
        LIMIT %(limit)s * asked.required
    ) AS taken
) AS waiting
CROSS JOIN LATERAL (
    SELECT count(*) AS tasks
    FROM labeling_slot AS slot JOIN labeling_task AS task ON task.id = slot.task_id
    WHERE asked.listed AND slot.user_id = %(user)s AND slot.answered_at IS NULL
      AND slot.queue_id = asked.queue AND slot.site_id = -1
      AND (asked.site IS NULL OR task.site_id = asked.site)
) AS checks
LEFT JOIN LATERAL (
    SELECT task.due_at FROM labeling_task AS task
    WHERE task.queue_id = asked.queue AND task.state = 'open' AND task.gold_id IS NULL
      AND (asked.site IS NULL OR task.site_id = asked.site)
    ORDER BY task.id
    LIMIT 1
) AS oldest ON true
"""


@dataclass(frozen=True)
class Waiting:
    """How many tasks are open (counted up to COUNT_LIMIT), and when the oldest of them is due."""

    open: int
    due_at: datetime | None


def visible_to(user: Any) -> QuerySet[Queue]:
    """The queues of the user's projects; whether they may take from one is for `rules`."""
    return with_named(Queue.objects.filter(project__memberships__user=user)).select_related("project")


def titles_of(queues: list[Queue]) -> dict[UUID, str]:
    """What people call each queue: a round's or a quiz's by its title, any other by its name."""
    ids = [queue.pk for queue in queues if queue.purpose != Purpose.STANDING]
    titles = {queue.pk: queue.name for queue in queues}
    if ids:
        titles |= dict(Round.objects.filter(pk__in=ids).values_list("pk", "title"))
        titles |= dict(QuizAttempt.objects.filter(queue__in=ids).values_list("queue", "quiz__name"))
    return titles


def visible_one(user: Any, pk: UUID) -> Queue | None:
    """One of those: every claim asks."""
    return ONE.first(user=user.pk, pk=pk)


def _one(user: int, pk: UUID) -> QuerySet[Queue]:
    return visible_to(user).filter(pk=pk)


ONE = Prepared(_one, user=1_000_000_007, pk=UUID(int=1))


def waiting_in(queues: list[Queue], user: Any) -> dict[UUID, Waiting]:
    """What waits in each queue at the sites this user belongs to: one statement for all of them.

    Nothing waits in a queue that hands nothing out.
    """
    asked: list[tuple[UUID, int | None, int, bool]] = []
    for queue in filter(hands_out, queues):
        sites = sites_of(user, queue.project)
        everywhere = not queue.by_site or sites is EVERY_SITE
        listed = queue.audience == Audience.ASSOCIATE
        asked += [
            (queue.pk, site, queue.answers_required, listed) for site in ([None] if everywhere else sites)
        ]
    terms: dict[str, Any] = {
        "queues": [queue for queue, _, _, _ in asked],
        "sites": [site for _, site, _, _ in asked],
        "required": [required for _, _, required, _ in asked],
        "listed": [listed for _, _, _, listed in asked],
        "user": user.pk,
        "limit": COUNT_LIMIT,
    }
    found = {queue.pk: Waiting(0, None) for queue in queues}
    with connection.cursor() as cursor:
        cursor.execute(WAITING, terms)
        for queue_id, tasks, due_at in cursor.fetchall():
            before = found[queue_id]
            due = min((at for at in (before.due_at, due_at) if at), default=None)
            found[queue_id] = Waiting(min(before.open + tasks, COUNT_LIMIT), due)
    return found
