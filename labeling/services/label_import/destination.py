"""What an import may become: labels in force, or predictions that wait in a queue which keeps them."""

from enum import StrEnum

from django.db.models import QuerySet

from labeling.domain.documents import is_text
from labeling.enums import Purpose
from labeling.models import Queue
from people.models import Project

DEFAULT_QUEUE = "review"


class Kind(StrEnum):
    """What the file holds: what is true, or what somebody or something thinks."""

    LABELS = "labels"
    PREDICTIONS = "predictions"


class QueueRefused(ValueError):
    """The predictions cannot wait there; the message says where they can."""


def queues_for(project: Project) -> QuerySet[Queue]:
    """The queues of the project that keep a proposal."""
    return (
        project.queues.filter(blind=False, closed_at=None)
        .exclude(purpose=Purpose.QUIZ.value)
        .order_by("name")
    )


def queue_for(project: Project, kind: str, name: str = "") -> Queue | None:
    """Where it goes: None for labels; for predictions the queue named, `review` where none is. Raises QueueRefused."""
    if kind == Kind.LABELS:
        if name:
            raise QueueRefused("is for predictions; labels go to no queue.")
        return None
    name = name or DEFAULT_QUEUE
    queue = queues_for(project).filter(name=name).first() if is_text(name) else None
    if queue is None:
        known = ", ".join(queues_for(project).values_list("name", flat=True)) or "none"
        raise QueueRefused(f"{name!r:.80} is no queue that keeps proposals; this project has {known}.")
    return queue
