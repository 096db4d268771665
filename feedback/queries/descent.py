"""What an image or a person came into: every dataset that holds a word of it, and every model trained on one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet

from feedback.models import DatasetMember, DatasetVersion, Example
from inference.models import ModelVersion
from labeling.models import Answer, Image
from people.models import Membership, Project, User

_MODELS = """
WITH RECURSIVE touched AS (
    SELECT model.id, model.project_id, model.sha256, model.members, 0 AS steps FROM inference_modelversion AS model
    WHERE model.project_id = %s AND (
        model.dataset_id = ANY(%s)
        OR EXISTS (SELECT FROM inference_trainingrun AS run WHERE run.model_id = model.id AND run.dataset_id = ANY(%s)))
    UNION
    SELECT model.id, model.project_id, model.sha256, model.members, touched.steps + 1
    FROM touched JOIN inference_modelversion AS model
      ON model.project_id = touched.project_id AND (
            model.parent_id = touched.id OR touched.sha256 <> '' AND touched.members = '[]'
            AND model.members @> jsonb_build_array(jsonb_build_object('sha256', touched.sha256)))
    WHERE touched.steps < %s
)
SELECT id, min(steps) FROM touched GROUP BY id
"""
MOST_STEPS = 1000


@dataclass(frozen=True)
class Held:
    """A dataset and how many of the examples in question it holds, by split."""

    dataset: DatasetVersion
    splits: dict[str, int]

    @property
    def examples(self) -> int:
        """Of all splits together."""
        return sum(self.splits.values())


@dataclass(frozen=True)
class Touched:
    """A model; `steps` is 0 where it was trained on such a dataset, else how many models lie in between."""

    model: ModelVersion
    steps: int


def examples_of_image(image: Image) -> QuerySet[Example]:
    """Everything that was ever held true of the image."""
    return Example.objects.filter(image=image)


def examples_of_person(project: Project, person: User) -> QuerySet[Example]:
    """What rests on an answer of theirs in the project, whether it is still in force or not."""
    said = Answer.objects.filter(project=project, user=person)
    return Example.objects.filter(project=project, resolution__in=said.values("resolutions"))


def people_of(project: Project) -> QuerySet[User]:
    """The project's members, and whoever answered in it before they left."""
    members = Membership.objects.filter(project=project, user=OuterRef("pk"))
    said = Answer.objects.filter(project=project, user=OuterRef("pk"))
    return User.objects.filter(Exists(members) | Exists(said))


def datasets_with(examples: QuerySet[Example]) -> list[Held]:
    """The datasets that hold any of the examples, newest first."""
    rows = (
        DatasetMember.objects.filter(example__in=examples)
        .values_list("dataset_id", "split")
        .annotate(count=Count("pk"))
    )
    splits: dict[UUID, dict[str, int]] = {}
    for dataset, split, count in rows:
        splits.setdefault(dataset, {})[split] = count
    found = DatasetVersion.objects.filter(pk__in=splits).select_related("by").order_by("-number")
    return [Held(dataset, splits[dataset.pk]) for dataset in found]


def models_of(project: Project, datasets: Sequence[DatasetVersion]) -> list[Touched]:
    """The models trained on any of the datasets, and all that came from one of those, newest first."""
    ids = [dataset.pk for dataset in datasets]
    with connection.cursor() as cursor:
        cursor.execute(_MODELS, [project.pk, ids, ids, MOST_STEPS])
        steps = dict(cursor.fetchall())
    models: Iterable[ModelVersion] = ModelVersion.objects.filter(pk__in=steps).order_by("-number")
    return [Touched(model, steps[model.pk]) for model in models]


def started_by(project: Project, person: User) -> tuple[list[DatasetVersion], list[ModelVersion]]:
    """The datasets they froze and the models whose training they asked for, whoever's answers those rest on."""
    frozen = DatasetVersion.objects.filter(project=project, by=person).order_by("-number")
    trained = ModelVersion.objects.filter(project=project, runs__asked_by=person).distinct()
    return list(frozen), list(trained.order_by("-number"))
