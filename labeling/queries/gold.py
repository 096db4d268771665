"""Known answers: which there are, which somebody has not met yet, and how people did on them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils.crypto import salted_hmac

from labeling.domain.intervals import wilson
from labeling.domain.marking import is_right
from labeling.enums import AnswerState, Audience, Purpose, TaskState
from labeling.models import Answer, Gold, Image, Queue, Slot, Task
from people.models import Project
from people.queries.projects import led_by

LEAST_MS, MOST_MS = 80, 480
"""About how long before an alert its photograph came in."""

APART = -1
"""The site number of slots with a known answer: their own line, which no claim walks. Each is one person's."""


def beside(identity: UUID, random_bits: int) -> UUID:
    """Another UUIDv7 of the same millisecond: an id carries its time, and would tell what was made just now."""
    kept = identity.int >> 80 << 80
    return UUID(
        int=kept | 7 << 76 | (random_bits >> 52 & 0xFFF) << 64 | 0b10 << 62 | random_bits & (1 << 62) - 1
    )


def stand_in(task: Task, thing: str) -> UUID:
    """By what id a known answer among alerts calls its image or its capture: one as young as any alert's.

    The same whenever it is asked. The image is served under it (`image_behind`), to its bearer alone.
    """
    key = f"{thing} {task.pk}"
    drawn = salted_hmac("labeling.gold.stand_in", key, secret=settings.SECRET_KEY).digest()
    before = LEAST_MS + task.pk.int % (MOST_MS - LEAST_MS)
    return beside(UUID(int=task.pk.int - (before << 80)), int.from_bytes(drawn[:16], "big"))


def stands_in(task: Task) -> bool:
    """Whether the task shows such ids: a known answer among alerts, which are of this hour."""
    return task.gold_id is not None and task.queue.audience == Audience.ASSOCIATE


def image_behind(user: Any, pk: UUID) -> UUID | None:
    """Which image the user's own known answer among alerts shows under this id; None where none does."""
    raised = pk.int >> 80
    after = UUID(int=min((raised + LEAST_MS) << 80, 2**128 - 1))
    before = UUID(int=min((raised + MOST_MS + 1) << 80, 2**128 - 1))
    mine = Slot.objects.filter(task=OuterRef("pk"), user=user, site_id=APART)
    tasks = Task.objects.filter(Exists(mine), gold__isnull=False, pk__gte=after, pk__lt=before)
    found = (task for task in tasks.select_related("queue") if stands_in(task))
    return next((task.image_id for task in found if stand_in(task, "image") == pk), None)


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
    given = Slot.objects.filter(user=user, task=OuterRef("pk")).values("pk")
    met = Task.objects.alias(given=Subquery(given[:1])).filter(image=OuterRef("image"), given__isnull=False)
    waits_here = Task.objects.filter(queue=queue, image=OuterRef("image"), state=TaskState.OPEN, gold=None)
    site = Image.objects.filter(pk=OuterRef("image")).values("source__site")
    shuffled = MD5(Concat(Value(f"{user.pk}:"), Cast(F("pk"), CharField()), output_field=CharField()))
    # Each known answer is looked up by itself and nothing is joined before some are chosen: a table that was counted
    # while its first rows were being written is held for empty, and a join planned on that takes minutes.
    known = Gold.objects.alias(
        met=Subquery(met.values("pk")[:1]), waits=Subquery(waits_here.values("pk")[:1])
    )
    known = known.filter(met=None, waits=None, project=queue.project_id, retired_at=None)
    if queue.by_site:
        known = known.alias(site=Subquery(site[:1])).filter(site=site_id or None)
    chosen = list(known.order_by(shuffled).values_list("pk", flat=True)[:count])
    found = Gold.objects.select_related("image__source").in_bulk(chosen)
    return [found[pk] for pk in chosen if pk in found]


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
