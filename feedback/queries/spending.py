"""Hours of people and of compute that a project's models took, and between which champions."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from feedback.domain.spending import Gained, Prices, Spent, Step, gained
from feedback.models import Promotion, RetrainingRules
from inference.domain.metrics import score
from inference.models import Evaluation, TrainingRun
from labeling.enums import AnswerState
from labeling.models import Answer
from people.models import Project
from people.queries.ids import id_floor

MOST_STEPS = 20
HOUR = 3600.0

# One pass over the project's answers, by the moments between which they fall: 0 is up to the first of them.
ANSWERS = """
SELECT width_bucket(created_at, %(moments)s::timestamptz[]), sum(seconds) FROM labeling_answer
WHERE project_id = %(project)s AND state = %(counted)s GROUP BY 1
"""


@dataclass(frozen=True)
class Spending:
    """`total` since the project began; `steps` the newest MOST_STEPS changes of champion, the latest first, with what
    they gained together; `since` what was spent after the last of them."""

    total: Spent
    steps: list[Step]
    gained: Gained | None
    since: Spent


def prices(held: RetrainingRules) -> Prices:
    """What a project says that an hour costs."""
    people, compute = held.people_hour_price, held.compute_hour_price
    return Prices(
        None if people is None else float(people), None if compute is None else float(compute), held.currency
    )


def spending(project: Project) -> Spending:
    """What was spent so far, and by step from champion to champion."""
    newest = list(
        Promotion.objects.filter(project=project)
        .select_related("champion", "challenger")
        .order_by("-at", "-pk")[: MOST_STEPS + 1]
    )[::-1]
    spans = _spent_between(project, [promotion.at for promotion in newest])
    # One more than is shown says where the first of those begins.
    shown = newest[-MOST_STEPS:]
    skipped = len(newest) - len(shown)
    measured = _measured(shown)
    steps = [_step(promotion, spans[skipped + number], measured) for number, promotion in enumerate(shown)][
        ::-1
    ]
    return Spending(sum(spans, Spent()), steps, gained(steps), spans[-1])


def in_span(project: Project, start: datetime, end: datetime) -> Spent:
    """What was spent from `start` until before `end`, trainings by when they began."""
    return _spent_between(project, [start, end])[1]


def this_month(project: Project) -> tuple[float, int]:
    """Hours of training and counted answers since the calendar month began, what runs now included."""
    now = timezone.now()
    begun = month_begun()
    runs = TrainingRun.objects.filter(project=project, started_at__isnull=False).filter(
        Q(finished_at=None) | Q(finished_at__gte=begun)
    )
    seconds = sum(
        ((ended or now) - max(started, begun)).total_seconds()
        for started, ended in runs.values_list("started_at", "finished_at")
    )
    answers = Answer.objects.filter(
        project=project, state=AnswerState.COUNTED.value, pk__gte=id_floor(begun), created_at__gte=begun
    )
    return seconds / HOUR, answers.count()


def month_begun() -> datetime:
    """When this calendar month began, in the installation's time zone."""
    return timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _spent_between(project: Project, moments: Sequence[datetime]) -> list[Spent]:
    """What was spent up to the first moment, between each and the next, and after the last: one more than moments."""
    people = [0.0] * (len(moments) + 1)
    compute = [0.0] * (len(moments) + 1)
    with connection.cursor() as cursor:
        cursor.execute(
            ANSWERS,
            {"moments": list(moments), "project": project.pk, "counted": AnswerState.COUNTED.value},
        )
        for span, seconds in cursor.fetchall():
            people[span] += seconds
    runs = TrainingRun.objects.filter(project=project, started_at__isnull=False, finished_at__isnull=False)
    for started, finished in runs.values_list("started_at", "finished_at"):
        # By its start: a model may be put in service in the transaction in which its run ends, and a moment before.
        compute[bisect_left(moments, started)] += (finished - started).total_seconds()
    return [Spent(worked / HOUR, computed / HOUR) for worked, computed in zip(people, compute, strict=True)]


def _measured(promotions: Sequence[Promotion]) -> dict[object, dict[str, Evaluation]]:
    """By model, its figures by test set, in the order they were measured."""
    models = {one for promotion in promotions for one in (promotion.champion_id, promotion.challenger_id)}
    found: dict[object, dict[str, Evaluation]] = {}
    for evaluation in Evaluation.objects.filter(model__in=models - {None}).order_by("created_at", "pk"):
        found.setdefault(evaluation.model_id, {})[evaluation.test_hash] = evaluation
    return found


def _step(promotion: Promotion, spent: Spent, measured: dict[object, dict[str, Evaluation]]) -> Step:
    before, after = promotion.champion, promotion.challenger
    if before is None:
        return Step(None, after.number, spent)
    theirs, ours = measured.get(before.pk, {}), measured.get(after.pk, {})
    both = [name for name in ours if name in theirs]
    if not both:
        return Step(before.number, after.number, spent)
    name = promotion.test_hash if promotion.test_hash in both else both[-1]
    points = 100 * (score(ours[name].metrics) - score(theirs[name].metrics))
    return Step(before.number, after.number, spent, points, ours[name].images)
