"""A model's figures on the frozen test rows of a dataset, and what it said of each, under the hash of those rows."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from inference import runtimes
from inference.corruptions import variants
from inference.domain import metrics
from inference.domain.average_precision import evaluate_boxes, judged
from inference.domain.boxes import to_upright
from inference.domain.manifest import Manifest, ManifestRow
from inference.domain.reliability import reliability
from inference.enums import ModelRuntime, Over
from inference.imaging import Preprocessing, to_array
from inference.models import Evaluation, MeasuredSet, ModelVersion
from inference.services.files import images_by_hash, of_model
from inference.services.measuring import (
    BATCH,
    Answered,
    Asked,
    EvaluationRefused,
    ask,
    held_boxes,
    keep,
    outcomes,
)
from labeling.imagefile import ImageRefused
from labeling.models import Image
from labeling.queries.images import erased_among, written_anew
from people.enums import TaskType

MOST_CORRUPTED = 200
"""Test images that are darkened, blurred and so on, 25 times each: a sample, for they stand in the order of their
hashes."""
CHUNK = 1000


def evaluate(
    *, model: ModelVersion, manifest: Manifest, alive: Callable[[], None] = lambda: None
) -> Evaluation | None:
    """Measure the model on the manifest's test rows, or return what was measured on the same images before.

    MOST_CORRUPTED of them are measured after each corruption too. None where there are no test rows, they ask
    something else than the model's project, or the model is not ours to run. A label the model does not know counts as
    wrong. `alive` is called between batches and may raise to stop. Raises EvaluationRefused naming an image that cannot
    be read, and runtimes.RuntimeRefused.
    """
    rows = readable(model.project_id, manifest.of("test"))
    other_task = manifest.task_type != model.project.task_type
    if not rows or other_task or model.runtime != ModelRuntime.ONNX.value:
        return None
    test_hash = manifest.test_hash()
    known = Evaluation.objects.filter(model=model, test_hash=test_hash).first()
    if known is not None and known.images == len(rows) and is_measured(model, test_hash):
        return known
    # Measured again where images were erased since: champion and challenger are to be compared on the same ones.
    runtime = runtimes.ensemble(model.runtime, of_model(model))
    asked = _asked(model.project_id, rows)
    answered = list(ask(runtime, asked, alive))
    each = outcomes(runtime, answered)
    classifies = runtime.task == TaskType.CLASSIFICATION
    figures = _classified(runtime, answered) if classifies else _detected(runtime, answered)
    # Turned about, a box would no longer fit what it is around.
    names = variants(moving=classifies)
    worn = outcomes(runtime, list(ask(runtime, asked[:MOST_CORRUPTED], alive, variants=names)), names)
    with transaction.atomic():
        keep(model=model, over=Over.TEST.value, set_hash=test_hash, found=each)
        keep(model=model, over=Over.CORRUPTED.value, set_hash=test_hash, found=worn)
        evaluation, _ = Evaluation.objects.update_or_create(
            model=model, test_hash=test_hash, defaults={"images": len(rows), "metrics": figures}
        )
    return evaluation


def is_measured(model: ModelVersion, test_hash: str) -> bool:
    """Whether it is known what the model said of each image of the test set, and of each corrupted one."""
    sets = MeasuredSet.objects.filter(
        model=model, set_hash=test_hash, over__in=[Over.TEST.value, Over.CORRUPTED.value]
    )
    return sets.count() == 2


def readable(project: UUID, rows: Sequence[ManifestRow]) -> list[ManifestRow]:
    """The rows whose images were not erased since the dataset was frozen, each with where its bytes lie by now."""
    hashes = [row.sha256 for row in rows]
    erased, moved = erased_among(project, hashes), written_anew(project, hashes)
    return [
        replace(row, key=moved[row.sha256]) if row.sha256 in moved else row
        for row in rows
        if row.sha256 not in erased
    ]


def _asked(project: UUID, rows: Sequence[ManifestRow]) -> list[Asked]:
    sizes: dict[str, tuple[int, int]] = {}
    for start in range(0, len(rows), CHUNK):
        hashes = [row.sha256 for row in rows[start : start + CHUNK]]
        found = Image.objects.filter(project=project, sha256__in=hashes)
        sizes |= {
            sha256: (width, height)
            for sha256, width, height in found.values_list("sha256", "width", "height")
        }
    read = images_by_hash(project, {row.sha256: row.key for row in rows})
    return [
        Asked(row.sha256, row.value, *sizes.get(row.sha256, (1, 1)), partial(read, row.sha256), row.context)
        for row in rows
    ]


def _classified(runtime: runtimes.Runtime, answered: Sequence[Answered]) -> dict[str, Any]:
    truth = [each.asked.value["label"] for each in answered]
    labels = [*runtime.labels, *sorted(set(truth) - set(runtime.labels))]
    probabilities = np.stack([each.answers[0] for each in answered])
    unknown = np.zeros((len(truth), len(labels) - len(runtime.labels)))
    index = {label: i for i, label in enumerate(labels)}
    numbers = np.array([index[label] for label in truth])
    figures = metrics.evaluate(np.hstack([probabilities, unknown]), numbers, labels)
    sure = reliability(
        np.clip(probabilities.max(axis=1), 0, 1), probabilities.argmax(axis=1) == numbers, bins=15
    )
    majority = max(Counter(truth).values()) / len(truth)
    return {**figures, "labels": labels, "majority_accuracy": majority, "ece_floor": sure.ece_floor}


def _detected(runtime: runtimes.Runtime, answered: Sequence[Answered]) -> dict[str, Any]:
    truths = [held_boxes(each.asked.value) for each in answered]
    labels = [*runtime.labels, *sorted({label for _, held in truths for label in held} - set(runtime.labels))]
    index = {label: i for i, label in enumerate(labels)}
    images = []
    for each, (boxes, names) in zip(answered, truths, strict=True):
        seen, asked = each.answers[0], each.asked
        upright = to_upright(seen.boxes, runtime.preprocessing.resize, asked.width, asked.height)
        held = np.array([index[name] for name in names], dtype=np.intp)
        images.append(judged(upright, seen.scores, seen.labels, boxes, held))
    return {**evaluate_boxes(images, labels, runtime.floor), "labels": labels}


def arrays(project: UUID, rows: Sequence[ManifestRow], preprocessing: Preprocessing) -> Iterator[np.ndarray]:
    """uint8 [N, 3, size, size] of each BATCH rows of the project, N ≤ BATCH, in order."""
    read = images_by_hash(project, {row.sha256: row.key for row in rows})

    def decode(row: ManifestRow) -> np.ndarray:
        try:
            return to_array(read(row.sha256), preprocessing)
        except (ImageRefused, OSError) as error:
            raise EvaluationRefused(f"The test image {row.sha256} cannot be read: {error}") from error
        finally:
            # An image that was moved meanwhile is looked up, by a connection of this thread's own.
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as threads:
        for start in range(0, len(rows), BATCH):
            yield np.stack(list(threads.map(decode, rows[start : start + BATCH])))
