"""Serving known answers among tasks, unannounced: each as like its neighbours as can be.

Who can tell a check from work is careful at the check alone, and the score then says nothing of the work. So a known
answer is made a task at the moment it is served, for one person, and everything that reaches its bearer is that of
the task it is served beside: the time in its id and its lease, priority, site, due date, and whether there is a
proposal and how sure it is. Its slot stands in a line of its own (`gold.APART`) that no claim walks. Among alerts,
which are listed before they are taken, it is there before that (`gold_beside`).
"""

import random
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from labeling.enums import Audience, Purpose
from labeling.models import Answer, Gold, Queue, Slot, Task
from labeling.queries import gold
from labeling.queries.claim import Held
from labeling.queries.tasks import next_positions, site_ids
from labeling.registry import Proposed
from labeling.services.gold_beside import fitting, like, place

Take = Callable[[int], list[Held]]


def mixed(*, user: Any, queue: Queue, terms: dict[str, Any], count: int, take: Take) -> list[Held]:
    """Up to `count` leases, of which `queue.gold_share` on the average are of known answers, at places by chance.

    `take(places)` takes tasks. Where none waits nothing is served: a check among nothing would give itself away.
    """
    if queue.audience == Audience.ASSOCIATE:
        return _among_alerts(user, queue, terms, count, take)
    if queue.gold_share <= 0 or queue.purpose == Purpose.QUIZ:
        return take(count)
    again = gold.given_back(user, queue, site_ids(user, queue), timezone.now())
    drawn = sum(random.random() < queue.gold_share for _ in range(count))
    wanted = max(drawn, min(len(again), count))
    taken = take(max(1, count - wanted))
    if not taken or not wanted:
        return taken
    neighbour = Task.objects.get(pk=taken[0].task_id)
    times = taken[0].leased_at, taken[0].expires_at
    served = [_renewed(slot, terms, *times) for slot in again[:wanted]]
    known = fitting(user, queue, neighbour.site_id, wanted - len(served))
    served += [_served(one, proposed, neighbour, terms, taken[0]) for one, proposed in known]
    if len(served) == count:
        _give_back(taken.pop())
    elif short := count - len(taken) - len(served):
        taken += take(short)
    for held in served:
        taken.insert(random.randint(0, len(taken)), held)
    return taken


def _among_alerts(user: Any, queue: Queue, terms: dict[str, Any], count: int, take: Take) -> list[Held]:
    """Up to `count` leases of alerts and of the known answers that stand beside them, in the order of the list."""
    taken = take(count)
    alerts = (
        list(Task.objects.filter(pk__in=[held.task_id for held in taken])) if queue.gold_share > 0 else []
    )
    place(user=user, queue=queue, alerts=alerts)
    waiting = gold.given_back(user, queue, site_ids(user, queue), timezone.now())
    if not waiting:
        return taken
    tasks = Task.objects.in_bulk([*(held.task_id for held in taken), *(slot.task_id for slot in waiting)])
    order = {task.pk: (-task.priority, task.pk) for task in tasks.values()}
    known = sorted((order[slot.task_id], slot) for slot in waiting)
    line: list[Held | Slot] = []
    for held in taken:
        while known and known[0][0] < order[held.task_id]:
            line.append(known.pop(0)[1])
        line.append(held)
    if len(taken) < count:
        line += [slot for _, slot in known]
    for left in line[count:]:
        if isinstance(left, Held):
            _give_back(left)
    now = timezone.now()
    leased_at, expires_at = now, now + timedelta(seconds=terms["seconds"])
    if taken:
        leased_at, expires_at = taken[0].leased_at, taken[0].expires_at
    return [
        one if isinstance(one, Held) else _renewed(one, terms, leased_at, expires_at) for one in line[:count]
    ]


def _served(one: Gold, its: Proposed | None, neighbour: Task, terms: dict[str, Any], held: Held) -> Held:
    (position,) = next_positions(1)
    task = Task.objects.create(
        id=gold.beside(neighbour.pk, secrets.randbits(128)),
        queue_id=neighbour.queue_id,
        gold=one,
        **like(neighbour, one, its),
    )
    slot = Slot(
        task=task, queue_id=task.queue_id, site_id=gold.APART, priority=task.priority, position=position
    )
    return _renewed(slot, terms, held.leased_at, held.expires_at)


def _renewed(slot: Slot, terms: dict[str, Any], leased_at: datetime, expires_at: datetime) -> Held:
    # Its times are those of a task taken beside it, to the microsecond.
    slot.user_id, slot.guideline_id = terms["user"], terms["guideline"]
    slot.secret, slot.leased_at, slot.expires_at = secrets.token_urlsafe(12), leased_at, expires_at
    slot.save()
    return Held(slot.pk, slot.task_id, slot.secret, slot.leased_at, slot.expires_at)


def _give_back(held: Held) -> None:
    Slot.objects.filter(pk=held.slot_id).update(
        user=None, expires_at=None, leased_at=None, guideline_id=None, secret=""
    )


def shown_resolution(answer: Answer) -> UUID | None:
    """What an answer to a known one shows as the resolution it brought about, where any other would show one.

    It leads nowhere, as no resolution does for who may not read them; the same answer shows the same again.
    """
    task = answer.task
    if task.queue.purpose == Purpose.QUIZ or task.queue.answers_required > 1:
        return None
    digest = salted_hmac("labeling.gold", str(answer.pk), secret=settings.SECRET_KEY).digest()
    return gold.beside(answer.pk, int.from_bytes(digest[:16], "big"))
