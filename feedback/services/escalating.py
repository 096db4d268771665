"""An alert that nobody answered in time: to the next person, then to the store's manager, each step on the record."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from feedback.enums import AlertStepKind
from feedback.models import AlertStep
from feedback.queries import overdue
from labeling.enums import TaskState
from labeling.models import Source, Task
from labeling.models.task import HIGHEST_PRIORITY
from labeling.queries.store_people import associates_of, managers_of
from labeling.queries.tasks import next_positions
from labeling.services import alert_push
from people.enums import AlarmKind
from people.models import Alarm, Site, User
from people.services import alarms, audit
from people.services.announcements import announce, queue_topic

MAIL_JOB = "feedback.mail_manager"
ALARM = AlarmKind.ALERT_UNANSWERED


def escalate() -> int:
    """Take the step that is due for every alert past its time, each in a transaction of its own; how many were."""
    steps = 0
    for task in overdue.overdue(timezone.now()):
        try:
            steps += _escalate(task)
        except IntegrityError as error:
            # Another worker was quicker.
            if "each_step_once_an_alert" not in str(error):
                raise
    _settle_answered()
    return steps


def _settle_answered() -> None:
    """A store where no alert that went to its manager is open any more needs nobody."""
    standing = Alarm.objects.filter(kind=ALARM, settled_at=None).select_related("project")
    for alarm in standing:
        if not overdue.with_manager(alarm.project, alarm.subject).exists():
            alarms.settle(user=None, alarm=alarm)


@transaction.atomic
def _escalate(found: Any) -> bool:
    task = (
        Task.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(pk=found.pk, state=TaskState.OPEN.value)
        .select_related("queue", "project")
        .first()
    )
    if task is None:
        return False
    if not found.was_put_on:
        _to_next_person(task)
        return True
    if overdue.manager_due_at(task) <= timezone.now():
        _to_manager(task)
        return True
    return False


def _to_next_person(task: Task) -> None:
    """Before all else in its line, free for whoever comes, and said to everybody of the store."""
    _record(task, AlertStepKind.NEXT_PERSON, list(associates_of(task)))
    task.priority = HIGHEST_PRIORITY
    task.save(update_fields=["priority"])
    waiting = list(task.slots.select_for_update().filter(answered_at=None))
    for slot, position in zip(waiting, next_positions(len(waiting)), strict=True):
        # A place that moves is given a new position: no claim looks behind its frontier.
        slot.priority, slot.position = HIGHEST_PRIORITY, position
        slot.user = slot.expires_at = slot.leased_at = slot.guideline_id = None
        slot.secret = ""
        slot.save()
    announce(queue_topic(task.queue_id, task.site_id), "tasks.opened", [task.pk])
    alert_push.ask_for([task], alert_push.NEXT_PERSON)


def _to_manager(task: Task) -> None:
    step = _record(task, AlertStepKind.MANAGER, list(managers_of(task)))
    site = Site.objects.filter(pk=task.site_id).first()
    if site is not None:
        alarms.raise_alarm(
            project=task.project,
            kind=ALARM,
            subject=site.key,
            site=site,
            words=f"Nobody at {site.name} answered an alert that was due at {task.due_at:%H:%M} UTC.",
            detail={"task": str(task.pk), "told": step.told},
        )
    alert_push.ask_for([task], alert_push.MANAGER)
    app.configure_task(MAIL_JOB).defer(step_id=str(step.pk))


def _record(task: Task, kind: AlertStepKind, people: list[User]) -> AlertStep:
    alert = getattr(task, "alert", None)
    step = AlertStep.objects.create(
        project_id=task.project_id,
        task=task,
        first_task_id=alert.first_task_id if alert else task.pk,
        kind=kind.value,
        told=[person.username for person in people],
    )
    audit.record(
        actor=None,
        action=f"alert.{kind.value}",
        target=task,
        project_id=task.project_id,
        detail={"told": step.told, "due_at": task.due_at.isoformat() if task.due_at else None},
    )
    return step


def mail(*, step_id: str) -> bool:
    """Write to those a step names who have an address; whether a letter went. Once, however often it is asked for.

    Where the letter cannot be handed over this raises, and the job is tried again.
    """
    with transaction.atomic():
        step = (
            AlertStep.objects.select_for_update(of=("self",)).select_related("task__project").get(pk=step_id)
        )
        people = User.objects.filter(username__in=step.told).exclude(email="")
        if step.mailed_at is not None or not people:
            return False
        step.mailed_at = timezone.now()
        step.save(update_fields=["mailed_at"])
        letter(step, [person.email for person in people]).send()
    return True


def letter(step: AlertStep, addresses: list[str]) -> EmailMessage:
    """What the manager reads: where, since when, and the way to it. Addresses stand in bcc."""
    task = step.task
    site = Site.objects.filter(pk=task.site_id).first()
    source = Source.objects.filter(images=task.image_id).first()
    alert = getattr(task, "alert", None)
    where = site.name if site else task.project.name
    lines = [
        alert.reason if alert else f"An alert of {source.name if source else where}.",
        f"It was due at {task.due_at:%Y-%m-%d %H:%M} UTC, and nobody at {where} has answered it.",
        f"{settings.PUBLIC_URL}{reverse('alerts', args=[task.project.slug])}?task={task.pk}",
    ]
    return EmailMessage(subject=f"An alert waits at {where}", body="\n\n".join(lines), bcc=addresses)
