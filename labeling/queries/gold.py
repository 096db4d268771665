"""Known answers: which there are, which somebody has not met yet, and how people did on them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import MD5, Cast, Concat

from labeling.domain.intervals import wilson
from labeling.domain.marking import is_right
from labeling.enums import AnswerState, Purpose, TaskState
from labeling.models import Answer, Gold, Queue, Slot, Task
from people.models import Project
from people.queries.projects import led_by

APART = -1
"""The site number of slots with a known answer: their own line, which no claim walks. Each is one person's."""


@dataclass(frozen=True)
class Score:
    """So many right of `total`; `interval` is Wilson's, 95%, 0..1."""

    right: int
    total: int

    @property
    def share(self) -> float:
        return self.right / self.total

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.right, self.total)


def visible_to(user: Any) -> QuerySet[Gold]:
    """The known answers of projects the user leads: to anybody else they are tasks like others."""
    return Gold.objects.filter(project__in=led_by(user)).select_related("project", "image__source", "made_by")


def not_met(user: Any, queue: Queue, site_id: int, count: int) -> list[Gold]:
    """Up to `count` known answers of images this user was never given, in an order of the user's own.

    Where the queue is by site, of images of that site alone (0: of none): people see their own sites.
    """
    met = Slot.objects.filter(user=user, task__image=OuterRef("image"))
    waits_here = Task.objects.filter(queue=queue, image=OuterRef("image"), state=TaskState.OPEN, gold=None)
    shuffled = MD5(Concat(Value(f"{user.pk}:"), Cast(F("pk"), CharField()), output_field=CharField()))
    known = Gold.objects.filter(~Exists(met), ~Exists(waits_here), project=queue.project_id, retired_at=None)
    if queue.by_site:
        known = known.filter(image__source__site=site_id or None)
    return list(known.select_related("image__source").order_by(shuffled)[:count])


def given_back(user: Any, queue: Queue, sites: list[int], now: Any) -> list[Slot]:
    """The user's own known answers in this queue that they skipped or let run out, the first given first.

    Of tasks at these sites: somebody who left one is shown nothing of it any more.
    """
    mine = Slot.objects.filter(user=user, queue_id=queue.pk, site_id=APART, answered_at=None)
    return list(
        mine.filter(expires_at__lte=now, task__state=TaskState.OPEN, task__site_id__in=sites)
        .order_by("position")
        .select_for_update(of=("self",), skip_locked=True)
    )


def gold_scores(project: Project, users: Iterable[int] | None = None) -> dict[int, Score]:
    """By user id, how many known answers served among their tasks each got right, as they stand now.

    Retired ones count for nobody, and neither do quizzes. Who met none is left out.
    """
    return _scores(_answers(project, users).values_list("user_id", "value", "task__gold__value"))


def scores_by_gold(project: Project) -> dict[UUID, Score]:
    """By gold id, how many people got each right: one that most get wrong may itself be wrong."""
    return _scores(_answers(project, None).values_list("task__gold_id", "value", "task__gold__value"))


def _answers(project: Project, users: Iterable[int] | None) -> QuerySet[Answer]:
    answers = Answer.objects.filter(
        project=project,
        task__gold__retired_at=None,
        task__gold__isnull=False,
        state=AnswerState.COUNTED,
        superseded_by=None,
    ).exclude(task__queue__purpose=Purpose.QUIZ)
    return answers if users is None else answers.filter(user__in=list(users))


def _scores(rows: QuerySet[Any, Any]) -> dict[Any, Score]:
    right: dict[Any, int] = defaultdict(int)
    total: dict[Any, int] = defaultdict(int)
    for key, said, known in rows.iterator(chunk_size=2000):
        total[key] += 1
        right[key] += is_right(said, known)
    return {key: Score(right[key], total[key]) for key in total}
