"""What a model learned from, and what it once said of images: what a fine-tuning goes on from."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import numpy as np

from inference.models import Embedding, ModelVersion, TrainingRun


def manifest_key_of(model: ModelVersion) -> str | None:
    """Where the manifest lies that the model was trained on; None where no run here made it."""
    runs = TrainingRun.objects.filter(project_id=model.project_id)
    made = runs.filter(model=model).first() or runs.filter(dataset_id=model.dataset_id).first()
    return made.manifest_key if made else None


def embeddings_by(model: ModelVersion) -> Iterator[tuple[str, np.ndarray]]:
    """Hash of an image and its embedding [D], of every capture that this model predicted."""
    rows = Embedding.objects.filter(prediction__model=model).values_list(
        "prediction__capture__image__sha256", "vector"
    )
    for sha256, vector in rows.iterator(chunk_size=2000):
        yield sha256, np.asarray(vector, dtype=np.float64)


def embeddings_of(model: ModelVersion, images: Sequence[str]) -> dict[str, np.ndarray]:
    """Embedding [D] by the image's hash, of those of the hashes that this model predicted."""
    rows = Embedding.objects.filter(
        prediction__model=model,
        prediction__capture__image__project=model.project_id,
        prediction__capture__image__sha256__in=images,
    ).values_list("prediction__capture__image__sha256", "vector")
    return {sha256: np.asarray(vector, dtype=np.float64) for sha256, vector in rows}


def embeddings_among(project: UUID, images: Sequence[str]) -> dict[tuple[UUID, str], np.ndarray]:
    """The last embedding [D] that each model gave of each of the images, by the model and the image's hash."""
    rows = Embedding.objects.filter(
        prediction__capture__image__project=project, prediction__capture__image__sha256__in=images
    ).values_list("prediction__model", "prediction__capture__image__sha256", "vector")
    return {
        (model, sha256): np.asarray(vector, dtype=np.float32)
        for model, sha256, vector in rows.order_by("prediction")
    }
