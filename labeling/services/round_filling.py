"""A round's tasks, opened and withdrawn a batch at a time, so that a hundred thousand are not one transaction."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from labeling.enums import TaskState
from labeling.models import Queue, Round, Slot, Task
from labeling.queries import selecting
from labeling.registry import proposals_of
from labeling.services.tasks import Request, open_tasks
from people.services.announcements import announce, queue_topic

BATCH = 1000


def open_batch(which: Round) -> bool:
    """Open the next tasks of the first addition that is not done; returns whether more may be left.

    The queue must be locked. Images are walked in order of their id, so that a batch never asks twice.
    """
    addition = next((one for one in which.filters["additions"] if not one["is_done"]), None)
    if addition is None:
        return False
    queue = which.queue
    images = selecting.narrowed(queue.project, addition["filters"])
    images = selecting.within(images, addition["bound"])
    # What arrives while the round is being filled is not of it.
    images = images.filter(created_at__lte=datetime.fromisoformat(addition["at"]))
    if addition["after"]:
        images = images.filter(pk__gt=addition["after"])
    images = selecting.not_asked_in(images, queue)
    batch = list(images.select_related("source").order_by("pk")[:BATCH])
    proposed = proposals_of(batch) if which.filters["with_proposals"] else {}
    requests = []
    for image in batch:
        known = proposed.get(image.pk)
        asked: dict[str, Any] = {"proposal": known.proposal, "capture_id": known.capture_id} if known else {}
        requests.append(Request(image=image, **asked))
    made = open_tasks(queue=queue, requests=requests)
    if which.due_at is not None:
        Task.objects.filter(pk__in=[task.pk for task in made]).update(due_at=which.due_at)
    addition["opened"] += len(made)
    addition["is_done"] = len(batch) < BATCH
    addition["after"] = str(batch[-1].pk) if batch else addition["after"]
    which.save(update_fields=["filters"])
    return len(batch) == BATCH or any(not one["is_done"] for one in which.filters["additions"])


def withdraw_batch(queue: Queue) -> bool:
    """Withdraw the oldest open tasks of the queue, half answered ones too; returns whether more may be left.

    Tasks are locked before their slots, and in order, as everywhere: else this and an answer could wait for each other.
    """
    waiting = Task.objects.filter(queue=queue, state=TaskState.OPEN).order_by("id")
    closing = list(waiting.select_for_update(no_key=True).values_list("pk", flat=True)[:BATCH])
    Task.objects.filter(pk__in=closing).update(state=TaskState.WITHDRAWN, closed_at=timezone.now())
    Slot.objects.filter(task__in=closing, answered_at=None).delete()
    announce(queue_topic(queue.pk, 0), "tasks.closed", closing)
    # One that was answered while this waited for it is not among them: what is left is asked for, not counted.
    return waiting.exists()
