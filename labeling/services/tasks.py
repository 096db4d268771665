"""Opening tasks, and closing those nobody needs to answer any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from labeling.enums import Audience, TaskState
from labeling.models import Image, Queue, Slot, Task
from labeling.queries.tasks import next_positions
from labeling.services import alert_push
from people.services.announcements import announce, queue_topic
from people.services.inserts import insert


@dataclass(frozen=True)
class Request:
    """An image to ask about. `site_id` is None for an image of no site; of what is no news no phone is told."""

    image: Image
    site_id: int | None = None
    proposal: dict[str, Any] | None = None
    capture_id: UUID | None = None
    priority: int = 0
    is_news: bool = True


@transaction.atomic
def open_tasks(*, queue: Queue, requests: Sequence[Request], answers: int = 0) -> list[Task]:
    """Open a task for each request; an image that has one open in this queue already joins that.

    Each asks for `answers`, or as many as the queue requires if that is more. Nobody is asked about an image that was
    erased. Returns the tasks made. A blind queue's tasks keep no proposal.
    """
    now = timezone.now()
    due_at = now + timedelta(seconds=queue.sla_seconds) if queue.sla_seconds else None
    news = {request.image.pk: request.is_news for request in reversed(requests)}
    wished = {}
    for request in requests:
        if request.image.erased_at is not None:
            continue
        wished.setdefault(
            request.image.pk,
            Task(
                project_id=queue.project_id,
                queue=queue,
                image=request.image,
                site_id=(request.site_id or 0) if queue.by_site else 0,
                capture_id=request.capture_id,
                extra_answers=max(0, answers - queue.answers_required),
                proposal=None if queue.blind else request.proposal,
                priority=request.priority,
                due_at=due_at,
            ),
        )
    made = insert(wished.values(), ignore_conflicts=True)
    add_slots(queue, made)
    for site_id in sorted({task.site_id for task in made}):
        ids = [task.pk for task in made if task.site_id == site_id]
        announce(queue_topic(queue.pk, site_id), "tasks.opened", ids)
    if queue.audience == Audience.ASSOCIATE:
        alert_push.ask_for([task for task in made if news[task.image_id]])
    return made


def add_slots(queue: Queue, tasks: Sequence[Task]) -> None:
    """A place for each answer the tasks need, at the end of the line, in their order."""
    positions = iter(next_positions(sum(queue.answers_required + task.extra_answers for task in tasks)))
    insert(
        Slot(
            task=task,
            queue_id=queue.pk,
            site_id=task.site_id,
            priority=task.priority,
            position=next(positions),
        )
        for task in tasks
        for _ in range(queue.answers_required + task.extra_answers)
    )


@transaction.atomic(savepoint=False)
def close(*, task: Task, state: TaskState) -> None:
    """Close an open task: the places nobody filled go, so that no claim can reach them."""
    task.state, task.closed_at = state, timezone.now()
    task.save(update_fields=["state", "closed_at"])
    task.slots.filter(answered_at=None).delete()
    announce(queue_topic(task.queue_id, task.site_id), "tasks.closed", [task.pk])
