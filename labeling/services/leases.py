"""Taking tasks, keeping them, giving them back."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling import rules
from labeling.models import GuidelineVersion, Queue, Slot, Task
from labeling.queries import claim as statement
from labeling.queries import frontiers, guidelines
from labeling.queries.gold import APART
from labeling.queries.tasks import site_ids, slot_number
from labeling.services import gold_serving, quizzes

LONGEST = timedelta(minutes=30)
"""How long a lease may be renewed from the moment it was taken."""

MOST_AT_ONCE = 20


class LeaseLost(Exception):
    """The token names no lease that is still its bearer's."""


class NotAcknowledged(Exception):
    """A guideline is in force that this person has not read; `guideline` is it."""

    def __init__(self, guideline: GuidelineVersion) -> None:
        super().__init__(f"Guideline version {guideline.number} is in force; read and acknowledge it first.")
        self.guideline = guideline


@transaction.atomic
def claim(*, user: Any, queue: Queue, count: int = 1) -> list[tuple[Task, statement.Held]]:
    """Take up to `count` tasks (20 at most) for the user, the most urgent first; empty when nothing is left.

    Empty too while the queue is paused or closed. Raises PermissionDenied for who may not take from it,
    NotAcknowledged before a new guideline is read, QuizFirst before a quiz is passed.
    """
    rules.check_take_from(user, queue)
    if not rules.hands_out(queue):
        return []
    terms = _terms(user, queue)
    taken = gold_serving.mixed(
        user=user,
        queue=queue,
        terms=terms,
        count=min(count, MOST_AT_ONCE),
        take=lambda places: _take_in_order(user, queue, terms, places),
    )
    tasks = {task.pk: task for task in _with_what_is_shown([held.task_id for held in taken])}
    return [(tasks[held.task_id], held) for held in taken]


def _take_in_order(user: Any, queue: Queue, terms: dict[str, Any], count: int) -> list[statement.Held]:
    taken: list[statement.Held] = []
    site = None
    for site in statement.in_order(queue.pk, site_ids(user, queue)):
        while len(taken) < count and (held := _take(statement.take_next, {**terms, "site": site})):
            taken.append(held)
        if len(taken) == count:
            break
    if site is not None:
        # One site a claim, and last of all: two claims of one person could else wait for each other.
        frontiers.move_now_and_then(user=user, queue_id=queue.pk, site_id=site, claims=max(1, len(taken)))
    return taken


@transaction.atomic
def claim_task(*, user: Any, task: Task) -> statement.Held:
    """Take this one task, or keep it where the user has it already: a phone that loads the page again goes on.

    Raises LeaseLost where every place of it is held by others or filled, or its queue is paused or closed.
    """
    rules.check_take_from(user, task.queue)
    terms = _terms(user, task.queue)
    mine = Slot.objects.filter(task=task, user=user, answered_at=None, expires_at__gt=timezone.now()).first()
    if mine is not None:
        return statement.Held(mine.pk, mine.task_id, mine.secret, mine.leased_at, mine.expires_at)
    if not rules.hands_out(task.queue):
        raise LeaseLost(f"The queue {task.queue.name} is {'closed' if task.queue.closed_at else 'paused'}.")
    held = _take(statement.take_task, {**terms, "site": task.site_id, "task": task.pk})
    if held is None:
        raise LeaseLost("Somebody else has this task, or it needs no more answers.")
    return held


def _terms(user: Any, queue: Queue) -> dict[str, Any]:
    """On what terms the user takes from the queue. What must be done before a first task is asked for here."""
    quizzes.check_passed(user=user, queue=queue)
    guideline = guidelines.in_force(queue.project)
    if guideline is not None and not guidelines.has_read(user, guideline):
        raise NotAcknowledged(guideline)
    return {
        "queue": queue.pk,
        "user": user.pk,
        "guideline": guideline.pk if guideline else None,
        "seconds": queue.lease_seconds,
    }


def _take(take: Any, terms: dict[str, Any]) -> statement.Held | None:
    # Two tabs of one person may reach two slots of one task at the same instant: the database refuses the second,
    # which then looks again and no longer sees that task.
    for _ in range(3):
        try:
            with transaction.atomic():
                return take(**terms, secret=secrets.token_urlsafe(12))
        except IntegrityError:
            continue
    return None


def _with_what_is_shown(ids: list[Any]) -> Any:
    return Task.objects.filter(pk__in=ids).select_related("project", "queue", "image", "image__source")


def find(*, user: Any, token: str) -> Slot:
    """The slot this token still holds, locked until the transaction ends. Raises LeaseLost."""
    secret = token.partition(".")[2]
    slot = Slot.objects.select_for_update().filter(pk=slot_number(token), user=user).first()
    if slot is None or not secrets.compare_digest(slot.secret.encode(), secret.encode()):
        raise LeaseLost("This task is no longer yours.")
    if slot.answered_at is not None:
        raise LeaseLost("You have answered this task already.")
    if slot.expires_at <= timezone.now():
        raise LeaseLost("Your time with this task ran out.")
    return slot


@transaction.atomic
def renew(*, user: Any, token: str) -> Slot:
    """Hold on for another lease, up to thirty minutes after the claim; `expires_at` moves. Raises LeaseLost."""
    slot = find(user=user, token=token)
    seconds = Queue.objects.values_list("lease_seconds", flat=True).get(pk=slot.queue_id)
    wished = timezone.now() + timedelta(seconds=seconds)
    slot.expires_at = max(slot.expires_at, min(wished, renewable_until(slot.leased_at)))
    slot.save(update_fields=["expires_at"])
    return slot


def renewable_until(leased_at: datetime) -> datetime:
    """When a lease ends at the latest, however often it is renewed."""
    return leased_at + LONGEST


@transaction.atomic
def release(*, user: Any, token: str) -> None:
    """Give the task back to the front of its line. Raises LeaseLost."""
    slot = find(user=user, token=token)
    if slot.site_id == APART:
        # One person's alone: it comes to them again, and to nobody else.
        Slot.objects.filter(pk=slot.pk).update(expires_at=timezone.now(), secret="")
        return
    slot.user = slot.expires_at = slot.leased_at = slot.guideline_id = None
    slot.secret = ""
    slot.save(update_fields=["user", "expires_at", "leased_at", "guideline_id", "secret"])
