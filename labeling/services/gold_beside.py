"""Known answers that stand beside a store's alerts: listed, counted and announced as these are, each for one person.

A phone lists what is open before it takes any of it, and keeps the list. A known answer that came to be only as it is
taken would be the one that no list held. So chance is not asked at the claim but by a key: whether this person is
checked beside this alert, and by which id, is the same whoever asks and whenever.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import transaction
from django.utils.crypto import salted_hmac

from labeling.models import Gold, Queue, Slot, Task
from labeling.queries import gold
from labeling.queries.alerts import open_alerts
from labeling.queries.tasks import next_positions
from labeling.registry import Proposed, proposals_of
from people.models import Project

LOOKED_AT = 50
"""How many neighbours and how many known answers are looked at to find one that fits."""


def drawn(user_id: int, task_id: UUID, share: float) -> UUID | None:
    """The id of the known answer that this person finds beside this alert; None beside most.

    Of all they find, alerts and known answers, `share` (0..1) on the average are known.
    """
    if share <= 0:
        return None
    digest = salted_hmac("labeling.gold.beside", f"{user_id}.{task_id}", secret=settings.SECRET_KEY).digest()
    chance = int.from_bytes(digest[:4], "big") / 2**32
    if chance * (1 - share) >= share:
        return None
    return gold.beside(task_id, int.from_bytes(digest[4:20], "big"))


def with_drawn(user_id: int, ids: Iterable[str], share: float) -> list[str]:
    """What an announcement of these alerts says to one person, in the order of their ids, which is that of time."""
    found = list(ids)
    checks = (drawn(user_id, UUID(one), share) for one in found)
    return sorted([*found, *(str(one) for one in checks if one is not None)])


def place(*, user: Any, queue: Queue, alerts: Sequence[Task]) -> None:
    """Make those that are drawn beside these alerts and are not there yet, as far as there are any that fit.

    Each waits for its person as one does that was given back. Again makes none twice.
    """
    wanted = {
        identity: task
        for task in alerts
        if task.gold_id is None and (identity := drawn(user.pk, task.pk, queue.gold_share)) is not None
    }
    there = set(Task.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    for identity in sorted(wanted.keys() - there):
        neighbour = wanted[identity]
        for one, proposed in fitting(user, queue, neighbour.site_id, 1):
            _make(user, queue, identity, neighbour, one, proposed)


def listed(*, user: Any, project: Project, limit: int) -> list[Task]:
    """The first `limit` open alerts of the user's sites as `queries.alerts.open_alerts` has them, with those beside."""
    found = list(open_alerts(user, project)[:limit])
    queues = {task.queue_id: task.queue for task in found if task.queue.gold_share > 0}
    if not queues:
        return found
    with transaction.atomic():
        for queue in queues.values():
            place(user=user, queue=queue, alerts=[task for task in found if task.queue_id == queue.pk])
    return list(open_alerts(user, project)[:limit])


def _make(
    user: Any, queue: Queue, identity: UUID, neighbour: Task, one: Gold, proposed: Proposed | None
) -> None:
    task = Task(id=identity, queue=queue, gold=one, **like(neighbour, one, proposed))
    task.created_at = neighbour.created_at
    # Another page of the same person may be making it at this instant.
    Task.objects.bulk_create([task], ignore_conflicts=True)
    (position,) = next_positions(1)
    slot = Slot(
        task_id=identity, queue_id=queue.pk, site_id=gold.APART, priority=task.priority, position=position
    )
    slot.user_id = user.pk
    slot.leased_at = slot.expires_at = TransactionNow()
    Slot.objects.bulk_create([slot], ignore_conflicts=True)


def like(neighbour: Task, one: Gold, proposed: Proposed | None) -> dict[str, Any]:
    """The terms of a task that asks for the known answer as its neighbour asks for its own."""
    return {
        "project_id": neighbour.project_id,
        "image_id": one.image_id,
        "site_id": neighbour.site_id,
        "proposal": proposed.proposal if proposed else None,
        "capture_id": proposed.capture_id if proposed else None,
        "priority": neighbour.priority,
        "due_at": neighbour.due_at,
    }


def captured_at(task: Task) -> datetime:
    """When the photograph of a known answer is said to be of: seconds before the alert, as that of any alert.

    One from last month among those of this hour would be the known one.
    """
    return task.created_at - timedelta(microseconds=500_000 + task.pk.int % 2_500_000)


def fitting(user: Any, queue: Queue, site_id: int, count: int) -> list[tuple[Gold, Proposed | None]]:
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
    found: list[tuple[Gold, Proposed | None]] = []
    for one in known:
        its = proposed.get(one.image_id)
        # A proposal far surer than its neighbours would tell as much as none among many.
        if its is not None and min(sure) <= (its.proposal.get("confidence") or 0) <= max(sure):
            found.append((one, its))
        elif its is None and None in shown:
            found.append((one, None))
    return found[:count]
