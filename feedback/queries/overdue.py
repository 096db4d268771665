"""Alerts that nobody answered in time."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from feedback.enums import AlertStepKind
from feedback.models import AlertStep
from labeling.enums import Audience, TaskState
from labeling.models import Slot, Task
from people.models import Project, Site

AT_ONCE = 500
NO_SLA = timedelta(minutes=15)


def overdue(now: datetime) -> QuerySet[Task]:
    """Open alerts past their due time that lack the first step, or its term once more past it the second.

    The longest overdue first. What somebody looks at right now waits for the next minute; a paused queue waits too.
    """
    taken = AlertStep.objects.filter(
        Q(task=OuterRef("pk")) | Q(first_task_id=OuterRef("alert__first_task_id"))
    )
    held = Slot.objects.filter(task=OuterRef("pk"), answered_at=None, expires_at__gt=now)
    return (
        Task.objects.filter(
            ~Exists(held),
            ~Exists(taken.filter(kind=AlertStepKind.MANAGER.value)),
            queue__audience=Audience.ASSOCIATE.value,
            queue__paused_at=None,
            queue__closed_at=None,
            state=TaskState.OPEN.value,
            gold=None,
            due_at__lte=now,
        )
        .annotate(was_put_on=Exists(taken.filter(kind=AlertStepKind.NEXT_PERSON.value)))
        .select_related("queue", "project", "alert")
        .order_by(F("due_at"), "pk")[:AT_ONCE]
    )


def with_manager(project: Project, site_key: str) -> QuerySet[Task]:
    """The open alerts of a store that went to its manager, by themselves or as what they were folded from."""
    taken = AlertStep.objects.filter(
        Q(task=OuterRef("pk")) | Q(first_task_id=OuterRef("alert__first_task_id")),
        kind=AlertStepKind.MANAGER.value,
    )
    sites = Site.objects.filter(key=site_key).values("pk")
    return Task.objects.filter(
        Exists(taken),
        project=project,
        site_id__in=sites,
        queue__audience=Audience.ASSOCIATE.value,
        queue__closed_at=None,
        state=TaskState.OPEN.value,
    )


def manager_due_at(task: Task) -> datetime:
    """When an alert that is due goes to the manager: as long after as it had been given before."""
    term = timedelta(seconds=task.queue.sla_seconds) if task.queue.sla_seconds else NO_SLA
    return task.due_at + term
