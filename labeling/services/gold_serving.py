"""Serving known answers among tasks, unannounced: each as like its neighbours as can be.

Who can tell a check from work is careful at the check alone, and the score then says nothing of the work. So a known
answer is made a task at the moment it is served, for one person, and everything that reaches its bearer is that of
the task it is served beside: the time in its id and its lease, priority, site, due date, and whether there is a
proposal and how sure it is. Its slot stands in a line of its own (`gold.APART`) that no claim walks.
"""

import random
import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from labeling.enums import Purpose
from labeling.models import Answer, Gold, Queue, Slot, Task
from labeling.queries import gold
from labeling.queries.claim import Held
from labeling.queries.tasks import next_positions, site_ids
from labeling.registry import Proposed, proposals_of

LOOKED_AT = 50
"""How many neighbours and how many known answers are looked at to find one that fits."""

Take = Callable[[int], list[Held]]


def mixed(*, user: Any, queue: Queue, terms: dict[str, Any], count: int, take: Take) -> list[Held]:
    """Up to `count` leases, of which `queue.gold_share` on the average are of known answers, at places by chance.

    `take(places)` takes tasks. Where none waits nothing is served: a check among nothing would give itself away.
    """
    if queue.gold_share <= 0 or queue.purpose == Purpose.QUIZ:
        return take(count)
    again = gold.given_back(user, queue, site_ids(user, queue), timezone.now())
    drawn = sum(random.random() < queue.gold_share for _ in range(count))
    wanted = max(drawn, min(len(again), count))
    taken = take(max(1, count - wanted))
    if not taken or not wanted:
        return taken
    neighbour = Task.objects.get(pk=taken[0].task_id)
    served = [_renewed(slot, terms, taken[0]) for slot in again[:wanted]]
    known = _fitting(user, queue, neighbour.site_id, wanted - len(served))
    served += [_served(one, proposed, neighbour, terms, taken[0]) for one, proposed in known]
    if len(served) == count:
        _give_back(taken.pop())
    elif short := count - len(taken) - len(served):
        taken += take(short)
    for held in served:
        taken.insert(random.randint(0, len(taken)), held)
    return taken


def _fitting(user: Any, queue: Queue, site_id: int, count: int) -> list[tuple[Gold, Proposed | None]]:
    """Known answers that this user has not met, each with a proposal like those its neighbours have, or none."""
    if count <= 0:
        return []
    known = gold.not_met(user, queue, site_id, LOOKED_AT)
    if queue.blind:
        return [(one, None) for one in known[:count]]
    shown = list(
        Task.objects.filter(queue=queue, gold=None)
        .order_by("-id")
        .values_list("proposal", flat=True)[:LOOKED_AT]
    )
    sure = [proposal.get("confidence") or 0 for proposal in shown if proposal is not None]
    if not sure:
        return [(one, None) for one in known[:count]]
    proposed = proposals_of([one.image for one in known])
    fitting: list[tuple[Gold, Proposed | None]] = []
    for one in known:
        its = proposed.get(one.image_id)
        # A proposal far surer than its neighbours would tell as much as none among many.
        if its is not None and min(sure) <= (its.proposal.get("confidence") or 0) <= max(sure):
            fitting.append((one, its))
        elif its is None and None in shown:
            fitting.append((one, None))
    return fitting[:count]


def _served(one: Gold, its: Proposed | None, neighbour: Task, terms: dict[str, Any], held: Held) -> Held:
    (position,) = next_positions(1)
    task = Task.objects.create(
        id=_beside(neighbour.pk),
        project_id=neighbour.project_id,
        queue_id=neighbour.queue_id,
        image_id=one.image_id,
        site_id=neighbour.site_id,
        gold=one,
        proposal=its.proposal if its else None,
        capture_id=its.capture_id if its else None,
        priority=neighbour.priority,
        due_at=neighbour.due_at,
    )
    slot = Slot(
        task=task, queue_id=task.queue_id, site_id=gold.APART, priority=task.priority, position=position
    )
    return _renewed(slot, terms, held)


def _renewed(slot: Slot, terms: dict[str, Any], held: Held) -> Held:
    # Its times are those of a task taken beside it, to the microsecond.
    slot.user_id, slot.guideline_id = terms["user"], terms["guideline"]
    slot.secret, slot.leased_at, slot.expires_at = secrets.token_urlsafe(12), held.leased_at, held.expires_at
    slot.save()
    return Held(slot.pk, slot.task_id, slot.secret, slot.leased_at, slot.expires_at)


def _give_back(held: Held) -> None:
    Slot.objects.filter(pk=held.slot_id).update(
        user=None, expires_at=None, leased_at=None, guideline_id=None, secret=""
    )


def _beside(identity: UUID, drawn: int | None = None) -> UUID:
    """Another UUIDv7 of the same millisecond: an id carries its time, and would tell what was made just now."""
    random_bits = secrets.randbits(128) if drawn is None else drawn
    kept = identity.int >> 80 << 80
    return UUID(
        int=kept | 7 << 76 | (random_bits >> 52 & 0xFFF) << 64 | 0b10 << 62 | random_bits & (1 << 62) - 1
    )


def shown_resolution(answer: Answer) -> UUID | None:
    """What an answer to a known one shows as the resolution it brought about, where any other would show one.

    It leads nowhere, as no resolution does for who may not read them; the same answer shows the same again.
    """
    task = answer.task
    if task.queue.purpose == Purpose.QUIZ or task.queue.answers_required > 1:
        return None
    digest = salted_hmac("labeling.gold", str(answer.pk), secret=settings.SECRET_KEY).digest()
    return _beside(answer.pk, int.from_bytes(digest[:16], "big"))
