"""The images a model learnt from, as it sees them: kept beside its file, so that what is unlike them is noticed."""

import io
from collections.abc import Callable, Sequence
from uuid import UUID

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from inference import runtimes
from inference.domain.manifest import Manifest, ManifestRow
from inference.domain.novelty import MOST_KNOWN, Known, directions, known_from
from inference.enums import ModelRuntime
from inference.models import ModelVersion
from inference.services.evaluating import arrays, readable
from inference.services.files import of_model, read_bytes
from people.enums import TaskType

LEAST_LIKE = 30
"""So many validation images say how far familiar pictures lie; of fewer the model's own training images do."""
MOST_LIKE = 1000
LEAST_KNOWN = 20


def survey(*, model: ModelVersion, manifest: Manifest, alive: Callable[[], None] = lambda: None) -> bool:
    """Embed the manifest's training images by the model and keep that as what it knows; False where it cannot be.

    That is a model that is not ours to run or gives no embedding, or a dataset of fewer than LEAST_KNOWN training
    images. At most MOST_KNOWN are kept: rows stand in the order of their hashes, so the first are a random sample.
    `alive` is called between batches and may raise to stop. Raises evaluating.EvaluationRefused naming an image
    that cannot be read, and runtimes.RuntimeRefused.
    """
    train = readable(model.project_id, manifest.of("train"))[:MOST_KNOWN]
    if model.runtime != ModelRuntime.ONNX.value or len(train) < LEAST_KNOWN:
        return False
    runtime = runtimes.ensemble(model.runtime, of_model(model))
    if runtime.task != TaskType.CLASSIFICATION:
        return False
    embedded = _embed(runtime, model.project_id, train, alive)
    if embedded is None:
        return False
    like = readable(model.project_id, manifest.of("val"))[:MOST_LIKE]
    known = _embed(runtime, model.project_id, like, alive) if len(like) >= LEAST_LIKE else None
    found = known_from(embedded, known)
    buffer = io.BytesIO()
    np.save(buffer, found.vectors.astype(np.float16), allow_pickle=False)
    key = default_storage.save(
        f"models/{model.project_id}/{model.sha256}.known.npy", ContentFile(buffer.getvalue())
    )
    model.novelty = {**found.to_json(), "key": key}
    model.save(update_fields=["novelty"])
    return True


def read(model: ModelVersion) -> Known | None:
    """What the model knows; None where that was never surveyed. Raises OSError or ValueError for a broken file."""
    if not model.novelty:
        return None
    vectors = np.load(io.BytesIO(read_bytes(model.novelty["key"])), allow_pickle=False)
    return Known(directions(vectors), np.array(model.novelty["quantiles"]), model.novelty["k"])


def _embed(
    runtime: runtimes.Runtime, project: UUID, rows: Sequence[ManifestRow], alive: Callable[[], None]
) -> np.ndarray | None:
    """Embeddings [N, D] of the rows; None where the model gives none."""
    parts = []
    for batch in arrays(project, rows, runtime.preprocessing):
        alive()
        embeddings = runtime.predict(batch).embeddings
        if embeddings is None:
            return None
        parts.append(embeddings)
    return np.concatenate(parts) if parts else None
