"""What people said of disputed images, and which task to put to one person more."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from labeling.enums import AnswerState, Audience, Purpose, TaskState
from labeling.models import Answer, Task
from people.models import Project


def values_by_image(images: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """What each of these images was called, in the order of saying: the latest standing value of each person.

    Known answers and adjudication are left out.
    """
    latest: dict[UUID, dict[int, Any]] = defaultdict(dict)
    rows = (
        Answer.objects.filter(
            task__image__in=images, state=AnswerState.COUNTED, superseded_by=None, task__gold=None
        )
        .exclude(task__queue__audience=Audience.QA_LEAD)
        .order_by("id")
    )
    for image, user, value in rows.values_list("task__image", "user", "value"):
        latest[image][user] = value
    return {image: list(said.values()) for image, said in latest.items()}


def in_adjudication(images: Sequence[UUID]) -> set[UUID]:
    """Those of the images that wait for a QA lead's decision."""
    waiting = Task.objects.filter(
        image__in=images, queue__audience=Audience.QA_LEAD, state=TaskState.OPEN
    ).values_list("image", flat=True)
    return set(waiting)


def tasks_to_ask(project: Project, images: Sequence[UUID]) -> list[Task]:
    """For each image the task that most people answered, in the order of the images; none where there is none.

    Left out are known answers, quizzes, adjudication, withdrawn tasks and closed queues.
    """
    rows = (
        Task.objects.filter(project=project, image__in=images, gold=None, queue__closed_at=None)
        .exclude(Q(state=TaskState.WITHDRAWN) | Q(queue__audience=Audience.QA_LEAD))
        .exclude(queue__purpose=Purpose.QUIZ)
        .annotate(given=Count("answers"))
        .order_by("given", "id")
    )
    best = {task.image_id: task for task in rows}
    return [best[image] for image in images if image in best]
