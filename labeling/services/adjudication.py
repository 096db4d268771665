"""Handing disputed images to a QA lead, and asking one more person where that may settle them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from labeling import rules
from labeling.domain import consensus
from labeling.enums import TaskState
from labeling.models import Image, Slot, Task
from labeling.queries.disputes import values_by_image
from labeling.queries.tasks import next_positions
from labeling.services import tasks as opening
from labeling.services.resolving import adjudication_queue
from people.models import Project
from people.services import audit
from people.services.announcements import announce, queue_topic

MOST_IMAGES = 1_000
MOST_ANSWERS = 20
"""As many as a queue may require."""


class NoAdjudication(Exception):
    """The project has no queue for QA leads."""


class TooMany(ValueError):
    """More images or tasks were named than one request takes."""


@transaction.atomic
def send(
    *,
    user: Any,
    project: Project,
    images: Sequence[Image],
    reason: str = "",
    bits: Mapping[UUID, float] | None = None,
) -> list[Task]:
    """Open a task for each image in the adjudication queue, the most divided first; returns those opened.

    `bits`: entropy by image id, as Dawid and Skene's model has it; an image that is not in it is ranked by its votes.
    An image that waits there already stays as it is. The adjudicator sees neither names nor votes.
    Raises PermissionDenied, NoAdjudication and TooMany.
    """
    rules.check_manage(user, project)
    if len(images) > MOST_IMAGES:
        raise TooMany(f"These are {len(images):,} images; at most {MOST_IMAGES:,} are taken at once.")
    queue = adjudication_queue(project.pk)
    if queue is None:
        raise NoAdjudication("This project has no queue for QA leads; an engineer can open one.")
    divided = {
        pk: consensus.entropy(values) for pk, values in values_by_image([i.pk for i in images]).items()
    }
    divided |= bits or {}
    ranked = sorted(images, key=lambda image: -divided.get(image.pk, 0.0))
    made = opening.open_tasks(
        queue=queue,
        requests=[
            opening.Request(image=image, priority=consensus.priority(divided.get(image.pk, 0.0)))
            for image in ranked
        ],
    )
    audit.record(
        actor=user,
        action="adjudication.sent",
        target=queue,
        project_id=project.pk,
        detail={"images": [str(image.pk) for image in ranked], "opened": len(made), "reason": reason},
    )
    return made


@transaction.atomic
def ask_again(*, user: Any, project: Project, tasks: Sequence[Task]) -> list[Task]:
    """Ask for one more answer to each task, of somebody who has not answered it; returns those that ask now.

    A task that had all its answers is open again, and what it had settled stands until the answer is there; where
    it waits for a QA lead and nobody holds it, that waits no longer. Left as they are: known answers, withdrawn tasks,
    those of a closed queue, those with twenty answers, and an image that is asked about anew in the same queue.
    Raises PermissionDenied and TooMany.
    """
    rules.check_manage(user, project)
    if len(tasks) > MOST_IMAGES:
        raise TooMany(f"These are {len(tasks):,} tasks; at most {MOST_IMAGES:,} are taken at once.")
    locked = list(
        Task.objects.select_for_update(of=("self",))
        .filter(pk__in=[task.pk for task in tasks], project=project, gold=None, queue__closed_at=None)
        .exclude(state=TaskState.WITHDRAWN)
        .select_related("queue")
        .order_by("id")
    )
    asking = [task for task in locked if _may_ask(task)]
    for task, position in zip(asking, next_positions(len(asking)), strict=True):
        task.state, task.closed_at = TaskState.OPEN, None
        task.extra_answers += 1
        task.save(update_fields=["state", "closed_at", "extra_answers"])
        Slot.objects.create(
            task=task,
            queue_id=task.queue_id,
            site_id=task.site_id,
            priority=task.priority,
            position=position,
        )
    _spare_adjudication(project, asking)
    for queue_id, site_id in sorted({(task.queue_id, task.site_id) for task in asking}):
        ids = [task.pk for task in asking if (task.queue_id, task.site_id) == (queue_id, site_id)]
        announce(queue_topic(queue_id, site_id), "tasks.opened", ids)
    audit.record(
        actor=user,
        action="tasks.asked_again",
        target=project,
        project_id=project.pk,
        detail={"tasks": [str(task.pk) for task in asking]},
    )
    return asking


def _may_ask(task: Task) -> bool:
    if task.queue.answers_required + task.extra_answers >= MOST_ANSWERS:
        return False
    anew = Task.objects.filter(queue=task.queue, image=task.image_id, state=TaskState.OPEN, gold=None)
    return not anew.exclude(pk=task.pk).exists()


def _spare_adjudication(project: Project, asking: Sequence[Task]) -> None:
    queue = adjudication_queue(project.pk)
    if queue is None:
        return
    waiting = Task.objects.select_for_update(of=("self",)).filter(
        queue=queue, image__in=[task.image_id for task in asking], state=TaskState.OPEN, gold=None
    )
    for task in waiting.exclude(pk__in=[task.pk for task in asking]):
        if not task.slots.filter(user__isnull=False, expires_at__gt=timezone.now()).exists():
            opening.close(task=task, state=TaskState.WITHDRAWN)
