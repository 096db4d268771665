"""What lies behind a model: the models it came from, and their datasets, examples, answers, people and guidelines."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from feedback.models import DatasetMember, DatasetVersion, Example
from inference.models import ModelVersion, TrainingRun
from labeling.models import Answer, Resolution
from people.models import User

# A joined model's first file is its parent's own; the others are known by their hashes alone.
_LINE = """
WITH RECURSIVE line AS (
    SELECT id, project_id, parent_id, members FROM inference_modelversion WHERE id = %s
    UNION
    SELECT model.id, model.project_id, model.parent_id, model.members
    FROM line JOIN inference_modelversion AS model
      ON model.project_id = line.project_id AND (
            model.id = line.parent_id
            OR model.sha256 <> '' AND model.members = '[]'
            AND line.members @> jsonb_build_array(jsonb_build_object('sha256', model.sha256)))
)
SELECT id FROM line
"""
_BEHIND = "WITH behind AS (SELECT DISTINCT example_id FROM feedback_datasetmember WHERE dataset_id = ANY(%s))"
_EXAMPLES = f"""{_BEHIND}
SELECT count(*), count(DISTINCT example.image_id), count(DISTINCT example.ancestry->>'capture')
FROM behind JOIN feedback_example AS example ON example.id = behind.example_id
"""
_ANSWERS = f"""{_BEHIND}
SELECT answer.user_id, person.username, guideline.number, count(DISTINCT answer.id)
FROM behind
JOIN feedback_example AS example ON example.id = behind.example_id
JOIN labeling_resolution_answers AS link ON link.resolution_id = example.resolution_id
JOIN labeling_answer AS answer ON answer.id = link.answer_id
JOIN people_user AS person ON person.id = answer.user_id
LEFT JOIN labeling_guidelineversion AS guideline ON guideline.id = answer.guideline_id
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Counted:
    """How much lies behind some datasets; each example, image, capture and answer counts once.

    `people` are (id, username, answers), the most first; `guidelines` are (number, answers), the newest first, None
    for answers given before there was one.
    """

    examples: int
    images: int
    captures: int
    answers: int
    people: list[tuple[int, str, int]]
    guidelines: list[tuple[int | None, int]]


def line_of(model: ModelVersion) -> list[ModelVersion]:
    """The model, its parent, theirs, and those whose files are joined in one of them; the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_LINE, [model.pk])
        ids = [row[0] for row in cursor.fetchall()]
    return list(ModelVersion.objects.filter(pk__in=ids).order_by("-number"))


def datasets_behind(models: Sequence[ModelVersion]) -> list[DatasetVersion]:
    """The datasets any of the models was trained on, newest first; one that was deleted is missing."""
    ids = {model.dataset_id for model in models if model.dataset_id}
    ids |= set(TrainingRun.objects.filter(model__in=models).values_list("dataset_id", flat=True))
    return list(DatasetVersion.objects.filter(pk__in=ids).select_related("by").order_by("-number"))


def counted(datasets: Sequence[DatasetVersion]) -> Counted:
    """How much lies behind the datasets together, in two statements."""
    ids = [dataset.pk for dataset in datasets]
    with connection.cursor() as cursor:
        cursor.execute(_EXAMPLES, [ids])
        examples, images, captures = cursor.fetchone()
        cursor.execute(_ANSWERS, [ids])
        rows = cursor.fetchall()
    people: Counter[tuple[int, str]] = Counter()
    guidelines: Counter[int | None] = Counter()
    for user, username, number, answers in rows:
        people[user, username] += answers
        guidelines[number] += answers
    return Counted(
        examples,
        images,
        captures,
        people.total(),
        [(*who, answers) for who, answers in people.most_common()],
        sorted(guidelines.items(), key=lambda pair: -(pair[0] or 0)),
    )


def examples_behind(datasets: Sequence[DatasetVersion]) -> QuerySet[Example]:
    """The examples in any of the datasets, each once."""
    inside = DatasetMember.objects.filter(dataset__in=datasets, example=OuterRef("pk"))
    projects = {dataset.project_id for dataset in datasets}
    return Example.objects.filter(Exists(inside), project__in=projects)


def answers_behind(datasets: Sequence[DatasetVersion]) -> QuerySet[Answer]:
    """The answers behind those examples, each once."""
    links = Resolution.answers.through.objects.filter(
        answer=OuterRef("pk"), resolution__example__memberships__dataset__in=datasets
    )
    projects = {dataset.project_id for dataset in datasets}
    return Answer.objects.filter(Exists(links), project__in=projects)


def splits_of(
    examples: Sequence[Example], datasets: Sequence[DatasetVersion]
) -> dict[UUID, list[DatasetMember]]:
    """By example, where it is in the datasets, the newest first."""
    found: dict[UUID, list[DatasetMember]] = {example.pk: [] for example in examples}
    rows = DatasetMember.objects.filter(example__in=examples, dataset__in=datasets)
    for member in rows.select_related("dataset").order_by("-dataset__number"):
        found[member.example_id].append(member)
    return found


def names_of(examples: Sequence[Example]) -> dict[int, str]:
    """The names of the people whom the examples' ancestry gives by id."""
    ids: set[Any] = {user for example in examples for user in example.ancestry.get("people", [])}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "username"))
