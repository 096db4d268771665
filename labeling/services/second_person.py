"""A second person for the answers of who is often wrong: alone they settle nothing, and so train nothing."""

from typing import Any

from django.db import transaction

from labeling.enums import Audience, TaskState
from labeling.models import Answer, Slot, Task
from labeling.queries.gold import gold_scores
from labeling.queries.tasks import next_positions
from people.models import Project
from people.services import audit
from people.services.announcements import announce, queue_topic

RELIABLE = 0.8
"""The share of known answers that somebody must be able to get right."""

ENOUGH = 5
"""Known answers met before anything is held against anybody."""


def is_unreliable(user: Any, project: Project) -> bool:
    """Whether the whole 95% interval (Wilson) of the user's share of known answers lies below RELIABLE."""
    score = gold_scores(project, [user.pk]).get(user.pk)
    if score is None or score.total < ENOUGH or score.interval is None:
        return False
    return score.interval[1] < RELIABLE


@transaction.atomic(savepoint=False)
def ask_where_needed(*, task: Task, answer: Answer) -> bool:
    """Ask one person more of an alert that one unreliable person alone would settle; whether that was done.

    Known answers ask nobody: they resolve nothing. Must run in the answer's transaction, before it resolves.
    """
    alone = task.queue.answers_required + task.extra_answers == 1
    if not alone or task.gold_id is not None or task.state != TaskState.OPEN:
        return False
    if task.queue.audience != Audience.ASSOCIATE or not is_unreliable(answer.user, task.project):
        return False
    task.extra_answers += 1
    task.save(update_fields=["extra_answers"])
    (position,) = next_positions(1)
    Slot.objects.create(
        task=task,
        queue_id=task.queue_id,
        site_id=task.site_id,
        priority=task.priority,
        position=position,
    )
    audit.record(actor=None, action="alert.second_person", target=task, project_id=task.project_id)
    announce(queue_topic(task.queue_id, task.site_id), "tasks.opened", [task.pk])
    return True
