"""Telling phones of an alert: a job that says it to those whom it concerns, while it is still open."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext
from procrastinate.contrib.django import app

from labeling.enums import TaskState
from labeling.models import Task
from labeling.queries.store_people import associates_of, managers_of
from people.models import PushSubscription, Site
from people.services import push

JOB = "labeling.push_alerts"
RAISED, NEXT_PERSON, MANAGER = "raised", "next_person", "manager"


def ask_for(tasks: Sequence[Task], occasion: str = RAISED) -> None:
    """Have phones told, if there are any that want to be; in the caller's transaction, so that nothing is told that
    was not done. `occasion` is RAISED, NEXT_PERSON or MANAGER."""
    if tasks and PushSubscription.objects.exists():
        app.configure_task(JOB).defer(task_ids=[str(task.pk) for task in tasks], occasion=occasion)


def tell(*, task_ids: Sequence[str], occasion: str) -> int:
    """Tell of those that are still open; how many notifications went. Again tells nobody twice."""
    open_ones = Task.objects.filter(
        pk__in=[UUID(one) for one in task_ids], state=TaskState.OPEN.value, gold=None
    ).select_related("project", "queue", "image__source__region")
    return sum(_tell_of(task, occasion) for task in open_ones)


def _tell_of(task: Task, occasion: str) -> int:
    people = managers_of(task) if occasion == MANAGER else associates_of(task)
    return push.tell(
        users=people.values_list("pk", flat=True),
        site_id=task.site_id,
        subject=f"{occasion} {task.pk}",
        message=lambda: message(task, occasion),
    )


def message(task: Task, occasion: str) -> push.Message:
    """What the notification says, in the language in force. A blind queue's says nothing of the proposal."""
    site = Site.objects.filter(pk=task.site_id).first()
    where = task.image.source.alerts_about if task.image.source else gettext("A camera")
    said = where
    if task.proposal is not None and "label" in task.proposal and not task.queue.blind:
        label = task.project.labels.filter(key=task.proposal["label"]).first()
        terms = {"where": where, "label": label.name if label else task.proposal["label"]}
        said = gettext("%(where)s: looks %(label)s") % terms
    titles = {
        RAISED: gettext("New alert at %(site)s"),
        NEXT_PERSON: gettext("Nobody has answered yet, at %(site)s"),
        MANAGER: gettext("An alert at %(site)s was left unanswered"),
    }
    return push.Message(
        title=titles[occasion] % {"site": site.name if site else task.project.name},
        body=said,
        url=f"{reverse('alerts', args=[task.project.slug])}?task={task.pk}",
        tag=f"alert-{task.site_id}-{task.image.source_id}",
    )
