"""Alerts that nobody answered in time, and whom they are put to next."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from feedback.enums import AlertStepKind
from feedback.models import AlertStep
from labeling.enums import Audience, TaskState
from labeling.models import Slot, Task
from people.enums import Role
from people.models import Membership, User

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


def manager_due_at(task: Task) -> datetime:
    """When an alert that is due goes to the manager: as long after as it had been given before."""
    term = timedelta(seconds=task.queue.sla_seconds) if task.queue.sla_seconds else NO_SLA
    return task.due_at + term


def associates_of(task: Task) -> QuerySet[User]:
    """Those of the task's store who have not answered it."""
    there = Membership.objects.filter(
        user=OuterRef("pk"), project=task.project_id, role=Role.ASSOCIATE.value, sites=task.site_id
    )
    answered = task.answers.filter(user=OuterRef("pk"))
    return User.objects.filter(Exists(there), ~Exists(answered), is_active=True, is_machine=False).order_by(
        "pk"
    )


def managers_of(task: Task) -> QuerySet[User]:
    """Who manages the task's store; where nobody does, the project's QA leads."""
    held = Membership.objects.filter(user=OuterRef("pk"), project=task.project_id)
    people = User.objects.filter(is_active=True, is_machine=False).order_by("pk")
    managers = people.filter(Exists(held.filter(manages=True, sites=task.site_id)))
    return managers if managers.exists() else people.filter(Exists(held.filter(role=Role.QA_LEAD.value)))
