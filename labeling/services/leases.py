"""Taking tasks, keeping them, giving them back."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from labeling import rules
from labeling.enums import Audience
from labeling.models import GuidelineVersion, Queue, Slot, Task
from labeling.queries import claim as statement
from labeling.queries import frontiers, guidelines
from labeling.queries.gold import APART
from labeling.queries.lease_tokens import slot_number
from labeling.queries.tasks import site_ids
from labeling.services import gold_serving, quizzes
from people.queries.prepared import Prepared
from people.services.announcements import announce, queue_topic

LONGEST = timedelta(minutes=30)
"""How long a lease may be renewed from the moment it was taken."""

MOST_AT_ONCE = 20
ATTEMPTS = 3

Taken = TypeVar("Taken")


class LeaseLost(Exception):
    """The token names no lease that is still its bearer's."""


class NotAcknowledged(Exception):
    """A guideline is in force that this person has not read; `guideline` is it."""

    def __init__(self, guideline: GuidelineVersion) -> None:
        super().__init__(f"Guideline version {guideline.number} is in force; read and acknowledge it first.")
        self.guideline = guideline


def claim(*, user: Any, queue: Queue, count: int = 1) -> list[tuple[Task, statement.Held]]:
    """Take up to `count` tasks (20 at most) for the user, the most urgent first; empty when nothing is left.

    Empty too while the queue is paused or closed. Raises PermissionDenied for who may not take from it,
    NotAcknowledged before a new guideline is read, QuizFirst before a quiz is passed.
    """
    rules.check_take_from(user, queue)
    return _unless_beaten(lambda: _claim(user, queue, count)) or []


def _claim(user: Any, queue: Queue, count: int) -> list[tuple[Task, statement.Held]]:
    if not rules.hands_out(queue):
        return []
    terms, guideline = _terms(user, queue)
    taken = gold_serving.mixed(
        user=user,
        queue=queue,
        terms=terms,
        count=min(count, MOST_AT_ONCE),
        take=lambda places: _take_in_order(user, queue, terms, places),
    )
    tasks = {task.pk: task for task in SHOWN.all(ids=[held.task_id for held in taken])}
    for task in tasks.values():
        task.queue, task.project, task.in_force = queue, queue.project, guideline
    _tell_of_taken(queue, list(tasks.values()))
    return [(tasks[held.task_id], held) for held in taken]


def _shown(ids: list[UUID]) -> QuerySet[Task]:
    return Task.objects.filter(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [ids])).select_related(
        "image__source__region"
    )


SHOWN = Prepared(_shown, ids=[UUID(int=1)])


def _take_in_order(user: Any, queue: Queue, terms: dict[str, Any], count: int) -> list[statement.Held]:
    taken: list[statement.Held] = []
    site = None
    for site in statement.in_order(queue.pk, site_ids(user, queue)):
        while len(taken) < count and (held := statement.take_next(**terms, site=site, secret=_secret())):
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
    terms, task.in_force = _terms(user, task.queue)
    if (mine := _held(user, task)) is not None:
        return mine
    if not rules.hands_out(task.queue):
        raise LeaseLost(f"The queue {task.queue.name} is {'closed' if task.queue.closed_at else 'paused'}.")
    held = _unless_beaten(lambda: statement.take_task(**terms, task=task.pk, secret=_secret()))
    if held is None:
        # A place that is being taken at this instant was passed by: it may be this user's, from another page of theirs.
        list(Slot.objects.select_for_update().filter(task=task, answered_at=None).order_by("pk"))
        if (mine := _held(user, task)) is not None:
            return mine
        held = _unless_beaten(lambda: statement.take_task(**terms, task=task.pk, secret=_secret()))
    if held is None:
        raise LeaseLost("Somebody else has this task, or it needs no more answers.")
    _tell_of_taken(task.queue, [task])
    return held


def _held(user: Any, task: Task) -> statement.Held | None:
    """What the user has of this task already."""
    mine = Slot.objects.filter(task=task, user=user, answered_at=None, expires_at__gt=timezone.now()).first()
    if mine is None:
        return None
    return statement.Held(mine.pk, mine.task_id, mine.secret, mine.leased_at, mine.expires_at)


def _tell_of_taken(queue: Queue, tasks: Sequence[Task]) -> None:
    """Tell a store that these alerts are looked at. In other queues too much is taken for that."""
    if queue.audience != Audience.ASSOCIATE:
        return
    for site in sorted({task.site_id for task in tasks}):
        ids = [task.pk for task in tasks if task.site_id == site]
        announce(queue_topic(queue.pk, site), "tasks.taken", ids)


def _terms(user: Any, queue: Queue) -> tuple[dict[str, Any], GuidelineVersion | None]:
    """On what terms the user takes from the queue, and the guideline in force, without its words.

    What must be done before a first task is asked for here.
    """
    quizzes.check_passed(user=user, queue=queue)
    guideline = guidelines.number_in_force(queue.project)
    if guideline is not None and not guidelines.has_read(user, guideline):
        raise NotAcknowledged(guideline)
    terms = {
        "queue": queue.pk,
        "user": user.pk,
        "guideline": guideline.pk if guideline else None,
        "seconds": queue.lease_seconds,
    }
    return terms, guideline


def _unless_beaten(take: Callable[[], Taken]) -> Taken | None:
    """What `take` takes, in one transaction; None where the user's other tab was quicker every time.

    Two tabs of one person may reach two slots of one task at the same instant: the database refuses the second,
    which then looks again and no longer sees that task.
    """
    for _ in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return take()
        except IntegrityError as error:
            if "one_slot_a_person_and_task" not in str(error):
                raise
    return None


def _secret() -> str:
    return secrets.token_urlsafe(12)


def find(*, user: Any, token: str) -> Slot:
    """The slot this token still holds, locked until the transaction ends. Raises LeaseLost."""
    secret = token.partition(".")[2]
    slot = HELD.first(pk=slot_number(token), user=user.pk)
    if slot is None or not secrets.compare_digest(slot.secret.encode(), secret.encode()):
        raise LeaseLost("This task is no longer yours.")
    if slot.answered_at is not None:
        raise LeaseLost("You have answered this task already.")
    if slot.expires_at <= timezone.now():
        raise LeaseLost("Your time with this task ran out.")
    return slot


HELD = Prepared(
    lambda pk, user: Slot.objects.select_for_update().filter(pk=pk, user=user),
    pk=1_000_000_009,
    user=1_000_000_007,
)


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
    else:
        slot.user = slot.expires_at = slot.leased_at = slot.guideline_id = None
        slot.secret = ""
        slot.save(update_fields=["user", "expires_at", "leased_at", "guideline_id", "secret"])
    if Queue.objects.filter(pk=slot.queue_id, audience=Audience.ASSOCIATE.value).exists():
        site_id = Task.objects.values_list("site_id", flat=True).get(pk=slot.task_id)
        announce(queue_topic(slot.queue_id, site_id), "tasks.released", [slot.task_id])
