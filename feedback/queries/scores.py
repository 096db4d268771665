"""Models with their figures on the frozen test set that counts today."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from feedback.models import DatasetVersion
from feedback.queries.datasets import newest_frozen
from inference.models import Evaluation, ModelVersion
from people.models import Project


@dataclass(frozen=True)
class Scored:
    """A model, its figures (None before it was evaluated), and the dataset it was trained on.

    `comparable` says whether the figures are of the newest test set, and so may be held against the others'.
    """

    model: ModelVersion
    evaluation: Evaluation | None
    dataset: DatasetVersion | None
    comparable: bool

    @property
    def metrics(self) -> dict[str, Any]:
        return self.evaluation.metrics if self.evaluation else {}

    @property
    def accuracy(self) -> float | None:
        """The share of test images it got right, 0..1."""
        return self.metrics.get("accuracy")

    @property
    def f1(self) -> float | None:
        """Of a detector's boxes on test images, 0..1."""
        return self.metrics.get("f1")

    @property
    def images(self) -> int:
        """How many test images that was."""
        return self.evaluation.images if self.evaluation else 0

    @property
    def right(self) -> int:
        """How many of them it got right."""
        return round((self.accuracy or 0) * self.images)


def with_evaluations(models: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
    """The models with their evaluations, latest first, and their parent."""
    evaluations = Evaluation.objects.order_by("-created_at", "-pk")
    return models.select_related("parent").prefetch_related(Prefetch("evaluations", evaluations))


def scored(project: Project, models: Sequence[ModelVersion]) -> list[Scored]:
    """Each model with the figures to show; `models` come from `with_evaluations`."""
    newest = newest_frozen(project)
    wanted: set[UUID] = {model.dataset_id for model in models if model.dataset_id}
    datasets = DatasetVersion.objects.in_bulk(wanted)
    found = []
    for model in models:
        known = {evaluation.test_hash: evaluation for evaluation in reversed(model.evaluations.all())}
        today = known.get(newest.test_hash) if newest else None
        latest = next(iter(model.evaluations.all()), None)
        found.append(Scored(model, today or latest, datasets.get(model.dataset_id), today is not None))
    return found
