"""What more answers would bring a project's next model, and how long people would take to give them."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from feedback.domain.learning_curve import Gain, Point, fit, lacking
from feedback.models import DatasetVersion
from feedback.queries.datasets import newest_frozen
from inference.enums import RunState
from inference.models import Evaluation, ModelVersion
from labeling.enums import AnswerState
from people.models import Project

ANSWERS = 300
"""How many more are spoken of, unless somebody asks for others."""
MOST_ANSWERS = 1_000_000
RECENT = 2000
"""Answers, and resolutions, that a pace is measured on."""
MOST_EVALUATIONS = 500
MOST_MEASURED = 8
"""Models that are measured anew at once."""

PACE = """
SELECT (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM (
            SELECT seconds FROM labeling_answer WHERE project_id = %(project)s AND state = %(counted)s
            ORDER BY id DESC LIMIT %(recent)s) AS answer),
       (SELECT avg(answer_count)::float FROM (
            SELECT answer_count FROM labeling_resolution
            WHERE project_id = %(project)s AND replaced_at IS NULL AND answer_count > 0
            ORDER BY id DESC LIMIT %(recent)s) AS resolution)
"""


@dataclass(frozen=True)
class Pace:
    """Medians and means of late: active seconds an answer, None before the first; answers to settle an image, ≥ 1; and
    the share of settled images that are trained on, 0..1: the others validate and test."""

    seconds_per_answer: float | None
    answers_per_image: float
    training_share: float


@dataclass(frozen=True)
class Outlook:
    """`answers` more are worth `gain`, None where `missing` says what a forecast lacks; `hours` of people, None where
    nobody has answered yet. `points` are the models that the curve goes through, the smallest first."""

    answers: int
    points: list[Point]
    gain: Gain | None
    missing: str
    hours: float | None
    pace: Pace


def outlook(project: Project, answers: int = ANSWERS) -> Outlook:
    """The forecast for so many more answers, from the models measured on one frozen test set."""
    points = measured(project)
    pace = _pace(project)
    missing = lacking(points) or ""
    more = round(answers / pace.answers_per_image * pace.training_share)
    each = pace.seconds_per_answer
    return Outlook(
        answers=answers,
        points=points,
        gain=None if missing else fit(points).gain(more),
        missing=missing,
        hours=None if each is None else answers * each / 3600,
        pace=pace,
    )


def measured(project: Project) -> list[Point]:
    """The project's trained models on the test set on which most numbers of examples were measured, or the newest of
    several such."""
    found = (
        Evaluation.objects.filter(
            model__project=project,
            model__runs__state=RunState.SUCCEEDED.value,
            images__gt=0,
            metrics__has_key="accuracy",
        )
        .order_by("-created_at", "-pk")
        .values_list("test_hash", "model_id", "model__dataset_id", "images", "metrics__accuracy")
        .distinct()[:MOST_EVALUATIONS]
    )
    rows = list(found)
    datasets = DatasetVersion.objects.filter(project=project).in_bulk({row[2] for row in rows if row[2]})
    sets: dict[str, dict[UUID, Point]] = {}
    for test_hash, model, dataset, images, accuracy in rows:
        size = datasets[dataset].counts.get("train", 0) if dataset in datasets else 0
        if size:
            sets.setdefault(test_hash, {})[model] = Point(size, round(accuracy * images), images)
    best = max(sets.values(), key=lambda points: len({one.size for one in points.values()}), default={})
    return sorted(best.values(), key=lambda point: (point.size, point.right))


def unmeasured(project: Project) -> tuple[DatasetVersion | None, list[ModelVersion]]:
    """The newest test set, and models that a curve on it lacks: of each number of examples the newest, MOST_MEASURED of
    them at most, spread from the smallest to the largest."""
    newest = newest_frozen(project)
    if newest is None or not newest.test_hash:
        return None, []
    sizes = dict(DatasetVersion.objects.filter(project=project).values_list("pk", "counts__train"))
    trained = (
        ModelVersion.objects.filter(project=project, runs__state=RunState.SUCCEEDED.value)
        .annotate(
            is_known=Exists(Evaluation.objects.filter(model=OuterRef("pk"), test_hash=newest.test_hash))
        )
        .order_by("number")
        .distinct()
    )
    by_size = {sizes.get(model.dataset_id): model for model in trained}
    by_size.pop(None, None)
    ordered = [by_size[size] for size in sorted(by_size)]
    last = len(ordered) - 1
    chosen = (
        {round(place * last / (MOST_MEASURED - 1)) for place in range(MOST_MEASURED)} if ordered else set()
    )
    return newest, [ordered[place] for place in sorted(chosen) if not ordered[place].is_known]


def _pace(project: Project) -> Pace:
    with connection.cursor() as cursor:
        cursor.execute(PACE, {"project": project.pk, "counted": AnswerState.COUNTED.value, "recent": RECENT})
        seconds, answers = cursor.fetchone()
    newest = newest_frozen(project)
    counts = newest.counts if newest else {}
    images = sum(counts.values())
    return Pace(seconds, max(answers or 1.0, 1.0), counts.get("train", 0) / images if images else 1.0)
