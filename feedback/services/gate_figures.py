"""Having models measured on what the gate compares them by, where that was not done yet."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from procrastinate.contrib.django import app

from feedback import rules
from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.queries.gate import meeting
from inference.domain import manifest
from inference.models import ModelVersion
from inference.queries.models import champion
from inference.services.beyond import measure_beyond
from inference.services.evaluating import evaluate
from people.services.announcements import announce, project_topic

JOB = "feedback.evaluate"


class NothingToMeasureOn(Exception):
    """No dataset holds a test split."""


def measure_again(*, user: Any, model: ModelVersion) -> None:
    """Have a worker measure the model and the champion on what they were not measured on yet: known answers and what
    people verified grow by the day. Raises NothingToMeasureOn and PermissionDenied."""
    if user is not None:
        rules.check_promote(user, model.project)
    serving = champion(model.project_id)
    met = meeting(model, serving)
    if met.dataset is None:
        raise NothingToMeasureOn("No dataset holds a test split to measure it on: freeze one that does.")
    request(dataset=met.dataset, models=[one for one in (model, serving) if one is not None])


@transaction.atomic
def request(*, dataset: DatasetVersion, models: Sequence[ModelVersion]) -> None:
    """Have a worker measure the models on the dataset's test split, and on what else the gate compares by."""
    app.configure_task(JOB, lock=f"evaluate {dataset.project_id}", queue="default").defer(
        dataset_id=str(dataset.pk), model_ids=[str(model.pk) for model in models]
    )


def measure(*, dataset_id: UUID | str, model_ids: Sequence[UUID | str]) -> None:
    """Evaluate the models on the dataset's test split, where that was not done yet."""
    dataset = DatasetVersion.objects.get(pk=dataset_id, state=DatasetState.FROZEN.value)
    with default_storage.open(dataset.manifest_key) as file:
        content = manifest.read(file)
    for model in ModelVersion.objects.filter(pk__in=model_ids, project=dataset.project_id).order_by("pk"):
        evaluate(model=model, manifest=content)
        measure_beyond(model=model)
    with transaction.atomic():
        announce(project_topic(dataset.project_id), "models.changed", model_ids)
