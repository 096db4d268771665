"""Changing the terms a queue works on, on the record."""

from typing import Any

from django.db import transaction

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.enums import Audience, Consensus
from labeling.models import Queue
from people.enums import TaskType
from people.services import audit

CHANGEABLE = ("consensus", "quorum", "posterior_floor", "lease_seconds", "sla_seconds", "gold_share")
"""The rest was promised to tasks that are open: how many answers each needs, who sees what, whose site."""

MOST_ALERTS_GOLD = 0.1
LITTLE_GOLD = (
    "must be 0.1 at most in a queue for associates: each sends somebody to look, and more than a few for nothing "
    "would cost more than they tell."
)


@transaction.atomic
def change_queue(*, user: Any, queue: Queue, **changes: Any) -> Queue:
    """Put other terms in force for what is settled from now on; `changes` are of CHANGEABLE.

    Raises ValueRefused naming the field, and PermissionDenied for who may not manage the project.
    """
    rules.check_manage(user, queue.project)
    if fixed := sorted(set(changes) - set(CHANGEABLE)):
        raise ValueRefused({fixed[0]: [f"cannot be changed; {', '.join(CHANGEABLE)} can."]})
    locked = Queue.objects.select_for_update(of=("self",)).select_related("project").get(pk=queue.pk)
    before = {name: getattr(locked, name) for name in changes}
    for name, value in changes.items():
        setattr(locked, name, value)
    check_terms(locked)
    locked.save(update_fields=list(changes))
    changed = {name: [before[name], changes[name]] for name in changes if before[name] != changes[name]}
    if changed:
        audit.record(
            actor=user,
            action="queue.changed",
            target=locked,
            project_id=locked.project_id,
            detail={"name": locked.name, "changed": changed},
        )
    return locked


def check_terms(queue: Queue) -> None:
    """Raise ValueRefused where the queue's terms contradict each other."""
    if queue.gold_share > MOST_ALERTS_GOLD and queue.audience == Audience.ASSOCIATE:
        raise ValueRefused({"gold_share": [LITTLE_GOLD]})
    if queue.consensus == Consensus.DAWID_SKENE and queue.project.task_type != TaskType.CLASSIFICATION:
        raise ValueRefused(
            {"consensus": ["Dawid and Skene's model weighs labels; for boxes choose unanimous or majority."]}
        )
    if queue.quorum > queue.answers_required:
        raise ValueRefused(
            {"quorum": [f"can never be met: a task gets {queue.answers_required} answers in this queue."]}
        )
