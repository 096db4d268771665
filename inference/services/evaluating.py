"""A model's figures on the frozen test rows of a dataset, stored under the hash of those rows."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

from inference import runtimes
from inference.domain import metrics
from inference.domain.manifest import Manifest, ManifestRow
from inference.enums import ModelRuntime
from inference.imaging import Preprocessing, to_array
from inference.models import Evaluation, ModelVersion
from inference.services.files import of_model, read_bytes
from labeling.imagefile import ImageRefused
from labeling.queries.images import erased_among, written_anew
from people.enums import TaskType

BATCH = 64


class EvaluationRefused(ValueError):
    """A test set that cannot be measured on; the message says why."""


def evaluate(
    *, model: ModelVersion, manifest: Manifest, alive: Callable[[], None] = lambda: None
) -> Evaluation | None:
    """Measure the model on the manifest's test rows, or return what was measured on the same images before.

    None where there are no test rows, the model is not ours to run, or it finds boxes: the gate has no rule for
    those, and asks for a reason. A label the model does not know counts as wrong. `alive` is called between batches
    and may raise to stop. Raises EvaluationRefused naming an image that cannot be read, and runtimes.RuntimeRefused.
    """
    rows = readable(model.project_id, manifest.of("test"))
    finds_boxes = model.project.task_type == TaskType.DETECTION
    if not rows or finds_boxes or model.runtime != ModelRuntime.ONNX.value:
        return None
    test_hash = manifest.test_hash()
    known = Evaluation.objects.filter(model=model, test_hash=test_hash).first()
    if known is not None and known.images == len(rows):
        return known
    # Measured again where images were erased since: champion and challenger are to be compared on the same ones.
    evaluation, _ = Evaluation.objects.update_or_create(
        model=model,
        test_hash=test_hash,
        defaults={"images": len(rows), "metrics": _measure(model, rows, alive)},
    )
    return evaluation


def readable(project: UUID, rows: Sequence[ManifestRow]) -> list[ManifestRow]:
    """The rows whose images were not erased since the dataset was frozen, each with where its bytes lie by now."""
    hashes = [row.sha256 for row in rows]
    erased, moved = erased_among(project, hashes), written_anew(project, hashes)
    return [
        replace(row, key=moved[row.sha256]) if row.sha256 in moved else row
        for row in rows
        if row.sha256 not in erased
    ]


def _measure(model: ModelVersion, rows: Sequence[ManifestRow], alive: Callable[[], None]) -> dict[str, Any]:
    runtime = runtimes.ensemble(model.runtime, of_model(model))
    truth = [row.value["label"] for row in rows]
    labels = [*runtime.labels, *sorted(set(truth) - set(runtime.labels))]
    parts = []
    for batch in arrays(rows, runtime.preprocessing):
        alive()
        parts.append(runtime.predict(batch).probabilities)
    probabilities = np.concatenate(parts)
    unknown = np.zeros((len(rows), len(labels) - len(runtime.labels)))
    index = {label: i for i, label in enumerate(labels)}
    figures = metrics.evaluate(
        np.hstack([probabilities, unknown]), np.array([index[label] for label in truth]), labels
    )
    majority = max(Counter(truth).values()) / len(truth)
    return {**figures, "labels": labels, "majority_accuracy": majority}


def arrays(rows: Sequence[ManifestRow], preprocessing: Preprocessing) -> Iterator[np.ndarray]:
    """uint8 [N, 3, size, size] of each BATCH rows, N ≤ BATCH, in order."""

    def decode(row: ManifestRow) -> np.ndarray:
        try:
            return to_array(read_bytes(row.key), preprocessing)
        except (ImageRefused, OSError) as error:
            raise EvaluationRefused(f"The test image {row.sha256} cannot be read: {error}") from error

    with ThreadPoolExecutor(max_workers=2) as threads:
        for start in range(0, len(rows), BATCH):
            yield np.stack(list(threads.map(decode, rows[start : start + BATCH])))
