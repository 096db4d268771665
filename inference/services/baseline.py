"""The baseline experiment: a model tried on the project's labelled images, beside rules that need no network."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db.models import Q

from inference import runtimes
from inference.domain import box_baseline, trivial
from inference.domain.boxes import to_upright
from inference.domain.readings import readings_of
from inference.enums import ModelRuntime
from inference.imaging import Preprocessing, to_array
from inference.models import ModelVersion, TrainingRun
from inference.queries.labelled import Labelled, sample
from inference.services.files import of_model
from inference.services.trainers import TrainingRefused, read_manifest
from labeling.imagefile import ImageRefused
from labeling.services import images
from people.enums import TaskType

MOST_IMAGES = 500
THUMBNAIL = Preprocessing(size=16)
LEARNED_FROM = "learned_from"
"""In a model's profile: the manifest of what it learned from where no training run says so."""


class NothingToMeasure(ValueError):
    """A model that cannot be tried here; the message says why."""


def measure_baseline(*, model: ModelVersion, alive: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Try the model on up to MOST_IMAGES labelled images that it did not learn from, and keep that with it.

    `alive` is called before each image and may raise to stop. Raises runtimes.RuntimeRefused, OSError, and
    NothingToMeasure for a model that is not ours to run.
    """
    if model.runtime != ModelRuntime.ONNX.value:
        raise NothingToMeasure(f"{model} runs elsewhere: it is measured by what people resolve.")
    rows = sample(model.project, MOST_IMAGES, unlike=learnt_from(model))
    runtime = runtimes.ensemble(model.runtime, of_model(model))
    taken: list[float] = []
    tried = list(_tried(runtime, rows, taken, alive))
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "images": len(tried),
        "unreadable": len(rows) - len(tried),
    }
    if tried:
        found["latency_ms"] = float(np.quantile(taken, 0.95)) * 1000
        classifies = runtime.task == TaskType.CLASSIFICATION
        found |= _classified(tried) if classifies else _detected(runtime, tried)
    ModelVersion.objects.filter(pk=model.pk).update(baseline=found)
    model.baseline = found
    return found


def learnt_from(model: ModelVersion) -> set[str]:
    """The sha256 of every image that the model, or one it goes back to, was trained or tuned on here."""
    seen: set[str] = set()
    while model is not None:
        # By its dataset too: a run that is not over does not say yet which model came of it.
        runs = TrainingRun.objects.filter(
            Q(model=model) | Q(project=model.project_id, dataset_id=model.dataset_id)
        )
        keys = set(runs.order_by().values_list("manifest_key", flat=True))
        for key in keys | {model.profile.get(LEARNED_FROM)} - {None}:
            try:
                rows = read_manifest(key).rows
            except TrainingRefused:
                continue
            seen.update(row.sha256 for row in rows if row.split != "test")
        model = model.parent
    return seen


def _tried(
    runtime: runtimes.Runtime, rows: Sequence[Labelled], taken: list[float], alive: Callable[[], None]
) -> Any:
    """Each row with the model's answer and its thumbnail [D]; `taken` gets the seconds of decoding and answering."""
    for row in rows:
        alive()
        try:
            content = images.read(row.image)
            begun = time.perf_counter()
            batch = to_array(content, runtime.preprocessing)[None]
            answer: Any
            if runtime.task == TaskType.CLASSIFICATION:
                answer = runtime.labels[
                    int(runtime.predict(batch, _readings(runtime, row)).probabilities[0].argmax())
                ]
            else:
                answer = runtime.detect(batch)[0]
            taken.append(time.perf_counter() - begun)
            yield row, answer, to_array(content, THUMBNAIL).ravel()
        except (ImageRefused, FileNotFoundError):
            continue


def _readings(runtime: runtimes.Runtime, row: Labelled) -> np.ndarray | None:
    return readings_of(row.image.context, runtime.context)[np.newaxis] if runtime.context else None


def _classified(tried: Sequence[tuple[Labelled, str, np.ndarray]]) -> dict[str, Any]:
    truth = [row.value["label"] for row, _, _ in tried]
    fold = np.array([row.fold for row, _, _ in tried])
    right = [answer == label for (_, answer, _), label in zip(tried, truth, strict=True)]
    rules = {
        "majority": trivial.majority(truth, fold),
        "thumbnail": trivial.nearest_mean(np.stack([pixels for _, _, pixels in tried]), truth, fold),
    }
    seen, hit = Counter(truth), Counter(label for label, each in zip(truth, right, strict=True) if each)
    near = Counter(label for label, each in zip(truth, rules["thumbnail"], strict=True) if each)
    return {
        "right": sum(right),
        **{name: sum(each) for name, each in rules.items()},
        "ahead": {name: list(trivial.difference(right, each)) for name, each in rules.items()},
        "per_label": {
            label: {"images": seen[label], "right": hit[label], "thumbnail": near[label]}
            for label in sorted(seen)
        },
    }


def _detected(runtime: runtimes.Runtime, tried: Sequence[tuple[Labelled, Any, np.ndarray]]) -> dict[str, Any]:
    # What the model cannot say may be there all the same.
    others = {region["label"] for row, _, _ in tried for region in row.value["regions"]} - set(runtime.labels)
    labels = [*runtime.labels, *sorted(others)]
    index = {label: place for place, label in enumerate(labels)}
    seen = [
        box_baseline.Seen(
            row.image.width,
            row.image.height,
            to_upright(found.boxes, runtime.preprocessing.resize, row.image.width, row.image.height),
            found.scores,
            found.labels,
            np.array([region["box"] for region in row.value["regions"]], dtype=np.float64).reshape(-1, 4),
            np.array([index[region["label"]] for region in row.value["regions"]], dtype=np.intp),
        )
        for row, found, _ in tried
    ]
    return box_baseline.measured(
        seen,
        np.stack([pixels for _, _, pixels in tried]),
        np.array([row.fold for row, _, _ in tried]),
        labels,
        runtime.floor,
    )
