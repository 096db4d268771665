"""Alerts, as the people of a store see them: what is open at their sites, and how the day goes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from labeling.enums import Audience, TaskState
from labeling.models import Queue, Slot, Task
from labeling.queries.tasks import queues_for
from labeling.rules import EVERY_SITE, sites_of
from people.models import Project, Site
from people.queries.ids import id_floor

MOST_DAYS_OPEN = 30
"""An alert older than this when it was answered counts in no median: nobody waited for it."""

TODAY = """
WITH first AS (
    SELECT answer.task_id, min(answer.created_at) AS said_at
    FROM labeling_answer AS answer JOIN labeling_task AS task ON task.id = answer.task_id
    WHERE answer.project_id = %(project)s AND answer.id >= %(floor)s AND answer.state = 'counted'
      AND task.queue_id = ANY(%(queues)s)
      AND (%(sites)s::bigint[] IS NULL OR task.site_id = ANY(%(sites)s))
    GROUP BY answer.task_id
)
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first.said_at - task.created_at))
FROM first JOIN labeling_task AS task ON task.id = first.task_id
WHERE first.said_at >= %(since)s AND task.created_at >= %(oldest)s
"""


@dataclass(frozen=True)
class Today:
    """Alerts answered since midnight at the store, and the median seconds from raised to answered, None without any.

    Known answers are counted too: who could tell them by their missing would know them.
    """

    answered: int
    median_seconds: float | None
    since: datetime


def alert_queues(user: Any, project: Project) -> list[Queue]:
    """The queues of alerts this user takes from, in the order they were made."""
    queues = queues_for(user).filter(project=project, audience=Audience.ASSOCIATE.value)
    return list(queues.order_by("created_at", "pk"))


def open_alerts(user: Any, project: Project) -> QuerySet[Task]:
    """What the user may yet answer at their sites, the most urgent and then the oldest first.

    Among them the known answers that wait for them, and for nobody else. `taken` says that others hold every place
    that is left. Nothing of a paused queue.
    """
    queues = [queue for queue in alert_queues(user, project) if queue.paused_at is None]
    sites = sites_of(user, project)
    within = Q() if sites is EVERY_SITE else Q(site_id__in=sites)
    places = Slot.objects.filter(task=OuterRef("pk"), answered_at=None)
    free = places.filter(Q(user=None) | Q(user=user) | Q(expires_at__lte=timezone.now()))
    mine = Slot.objects.filter(task=OuterRef("pk"), user=user, answered_at__isnull=False)
    asked = Q(gold=None) | Exists(places.filter(user=user))
    return (
        Task.objects.filter(within, asked, ~Exists(mine), queue__in=queues, state=TaskState.OPEN.value)
        .select_related("project", "queue", "image__source__region")
        .annotate(taken=~Exists(free))
        .order_by("-priority", "pk")
    )


def stores_of(user: Any, project: Project) -> list[Site]:
    """The stores whose alerts the user sees: their own, or every one with a source in the project."""
    sites = sites_of(user, project)
    bounded = (
        Site.objects.filter(sources__project=project)
        if sites is EVERY_SITE
        else Site.objects.filter(pk__in=sites)
    )
    return list(bounded.order_by("name").distinct())


def today(user: Any, project: Project) -> Today:
    """How this day goes at the user's sites. It begins at midnight of their time zone, where they share one."""
    zones = {site.timezone for site in stores_of(user, project)}
    zone = ZoneInfo(zones.pop()) if len(zones) == 1 else ZoneInfo("UTC")
    now = timezone.now()
    since = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    terms: dict[str, Any] = {
        "project": project.pk,
        "floor": id_floor(since),
        "queues": [queue.pk for queue in alert_queues(user, project)],
        "sites": sites_of(user, project),
        "since": since,
        "oldest": now - timedelta(days=MOST_DAYS_OPEN),
    }
    with connection.cursor() as cursor:
        cursor.execute(TODAY, terms)
        answered, median = cursor.fetchone()
    return Today(answered, median, since)
