"""Tasks and queues, as far as somebody may see them."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from labeling.enums import Audience
from labeling.models import Label, Queue, Slot, Task
from labeling.queries.lease_tokens import slot_number
from labeling.rules import EVERY_SITE, TAKERS, can_see_task, sites_of
from people.models import Membership
from people.queries.prepared import Prepared

COUNT_LIMIT = 1000
"""Counts of what waits stop here: a page needs no more, and a count of a million costs a second."""


def with_named(queues: QuerySet[Queue]) -> QuerySet[Queue]:
    """The queues, each knowing whom it names (`named`, user ids), so that `rules` need not ask again."""
    named = Queue.members.through.objects.filter(queue=OuterRef("pk")).values("user_id")
    return queues.annotate(named=ArraySubquery(named))


def queues_for(user: Any) -> QuerySet[Queue]:
    """The queues the user may take from; a paused one is among them, a closed one no more."""
    return _ever_for(user).filter(closed_at=None)


def _ever_for(user: Any) -> QuerySet[Queue]:
    mine = Membership.objects.filter(user=user)
    allowed = Q(pk=None)
    for audience in Audience:
        roles = [str(role) for role in TAKERS[audience]]
        allowed |= Q(audience=audience.value, project__in=mine.filter(role__in=roles).values("project"))
    named = Queue.members.through.objects.filter(queue=OuterRef("pk"))
    return Queue.objects.filter(allowed, ~Exists(named) | Exists(named.filter(user=user.pk))).select_related(
        "project"
    )


def tasks_for(user: Any) -> QuerySet[Task]:
    """The tasks the user may see: of queues they take from and, where those are by site, of their sites.

    Those of paused and closed queues too: what somebody has on their screen can still be answered or changed.
    """
    allowed = Q(pk=None)
    for queue in _ever_for(user):
        sites = sites_of(user, queue.project)
        within = Q(queue=queue)
        if queue.by_site and sites is not EVERY_SITE:
            within &= Q(site_id__in=sites)
        allowed |= within
    # A known answer served to somebody is theirs alone: of anybody else it would only be asked about.
    mine = Q(gold=None) | Exists(Slot.objects.filter(task=OuterRef("pk"), user=user.pk))
    return Task.objects.filter(allowed, mine).select_related("project", "queue", "image__source__region")


def task_for(user: Any, pk: UUID) -> Task | None:
    """One of `tasks_for` to be answered, at the price of one statement: with `label_keys`, those in use."""
    task = TO_ANSWER.first(pk=pk)
    if task is None:
        return None
    task.label_keys, task.queue.project, task.queue.named = task.keys, task.project, task.named
    return task if can_see_task(user, task) else None


def _to_answer(pk: UUID) -> QuerySet[Task]:
    labels = Label.objects.filter(project=OuterRef("project"), retired_at=None).values("key")
    named = Queue.members.through.objects.filter(queue=OuterRef("queue")).values("user_id")
    return (
        Task.objects.filter(pk=pk)
        .select_related("project", "queue", "image")
        .annotate(keys=ArraySubquery(labels), named=ArraySubquery(named))
    )


TO_ANSWER: Prepared[Any] = Prepared(_to_answer, pk=UUID(int=1))


def site_ids(user: Any, queue: Queue) -> list[int]:
    """The site numbers under which this queue's slots wait for this user; 0 where it is not by site."""
    if not queue.by_site:
        return [0]
    sites = sites_of(user, queue.project)
    if sites is EVERY_SITE:
        known = queue.project.sources.exclude(site=None).values_list("site", flat=True)
        return sorted({0, *known})
    return sites


def held_by_others(queue: Queue, sites: list[int], user: Any) -> int:
    """How many places this user may yet get once a lease runs out, counted up to COUNT_LIMIT."""
    slots = Slot.objects.filter(
        ~Exists(Slot.objects.filter(task=OuterRef("task"), user=user)),
        queue_id=queue.pk,
        site_id__in=sites,
        answered_at=None,
        user__isnull=False,
    )
    return slots[:COUNT_LIMIT].count()


def next_positions(count: int) -> list[int]:
    """That many places at the end of the line, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('labeling_slot_position') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


def lease_is_of(lease: str, project_id: UUID | None) -> bool:
    """Whether the slot this lease names belongs to the project."""
    return Slot.objects.filter(pk=slot_number(lease), task__project=project_id).exists()
