"""Asking for a narrower sibling of a model, from the dataset frozen last."""

from feedback.models import DatasetVersion
from feedback.queries.datasets import newest_frozen
from inference.models import ModelJob, ModelVersion
from inference.services.model_jobs import request_narrow
from inference.services.narrowing import Frozen, NarrowRefused
from people.models import User


def frozen_for(model: ModelVersion, dataset: DatasetVersion | None = None) -> Frozen:
    """What a narrower sibling learns from: that dataset, or the one frozen last. Raises NarrowRefused without one."""
    found = dataset or newest_frozen(model.project)
    if found is None:
        raise NarrowRefused(
            "A narrower model learns from a frozen dataset, so that no test image is among what it knows: freeze one."
        )
    return Frozen(found.pk, found.manifest_key)


def request(*, user: User | None, model: ModelVersion) -> ModelJob:
    """Have a worker train it. Raises PermissionDenied and NarrowRefused."""
    return request_narrow(user=user, model=model, frozen=frozen_for(model))
