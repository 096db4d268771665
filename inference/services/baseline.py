"""The baseline experiment: a model tried on the project's labelled images, beside two rules that need no network."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db.models import Q

from inference import runtimes
from inference.domain import trivial
from inference.domain.boxes import to_upright
from inference.domain.finding import hits
from inference.enums import ModelRuntime
from inference.imaging import Preprocessing, to_array
from inference.models import ModelVersion, TrainingRun
from inference.queries.labelled import Labelled, sample
from inference.services.files import read_bytes
from inference.services.trainers import TrainingRefused, read_manifest
from labeling.imagefile import ImageRefused
from labeling.services import images
from people.enums import TaskType

MOST_IMAGES = 500
THUMBNAIL = Preprocessing(size=16)


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
    runtime = runtimes.load(model.runtime, read_bytes(model.key))
    taken: list[float] = []
    tried = list(_tried(runtime, rows, taken, alive))
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "images": len(tried),
        "unreadable": len(rows) - len(tried),
    }
    if tried:
        found["latency_ms"] = float(np.quantile(taken, 0.95)) * 1000
        found |= _classified(tried) if runtime.task == TaskType.CLASSIFICATION else _detected(tried)
    ModelVersion.objects.filter(pk=model.pk).update(baseline=found)
    model.baseline = found
    return found


def told(found: dict[str, Any]) -> str:
    """What the experiment came to, in one line."""
    if not found["images"]:
        return "The project has no labelled images that the model did not learn from: nothing to try it on."
    count = found["images"]
    if "boxes" in found:
        return (
            f"Tried on {count} labelled images: it finds {found['right']} of {found['boxes']} things, and "
            f'{found["right"]} of {found["proposed"]} boxes are right. With "nothing there" {found["empty"]} images '
            f"would be right. {found['latency_ms']:.1f} ms an image, p95."
        )
    return (
        f"Tried on {count} labelled images: right on {_share(found['right'], count)}. Always the commonest label: "
        f"{_share(found['majority'], count)}; the nearest mean thumbnail: {_share(found['thumbnail'], count)}. "
        f"{found['latency_ms']:.1f} ms an image, p95."
    )


def learnt_from(model: ModelVersion) -> set[str]:
    """The sha256 of every image that the model, or one it goes back to, was trained or tuned on here."""
    seen: set[str] = set()
    while model is not None:
        # By its dataset too: a run that is not over does not say yet which model came of it.
        runs = TrainingRun.objects.filter(
            Q(model=model) | Q(project=model.project_id, dataset_id=model.dataset_id)
        )
        for key in runs.order_by().values_list("manifest_key", flat=True).distinct():
            try:
                rows = read_manifest(key).rows
            except TrainingRefused:
                continue
            seen.update(row.sha256 for row in rows if row.split != "test")
        model = model.parent
    return seen


def _share(right: int, count: int) -> str:
    return f"{right} ({right / count:.1%})"


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
                answer = runtime.labels[int(runtime.predict(batch).probabilities[0].argmax())]
            else:
                answer = _sure(runtime, runtime.detect(batch)[0], row)
            taken.append(time.perf_counter() - begun)
            yield row, answer, to_array(content, THUMBNAIL).ravel()
        except (ImageRefused, FileNotFoundError):
            continue


def _sure(runtime: runtimes.Runtime, found: runtimes.Found, row: Labelled) -> tuple[np.ndarray, list[str]]:
    """Boxes in the upright picture's pixels and their labels, the surest first, none below the floor."""
    sure = found.scores >= runtime.floor
    order = np.argsort(-found.scores[sure], kind="stable")
    boxes = to_upright(
        found.boxes[sure][order], runtime.preprocessing.resize, row.image.width, row.image.height
    )
    return boxes, [runtime.labels[label] for label in found.labels[sure][order]]


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


def _detected(tried: Sequence[tuple[Labelled, tuple[np.ndarray, list[str]], np.ndarray]]) -> dict[str, Any]:
    right = proposed = held = empty = 0
    for row, (boxes, labels), _ in tried:
        regions = row.value["regions"]
        truth = np.array([region["box"] for region in regions], dtype=np.float64).reshape(-1, 4)
        names = np.array([region["label"] for region in regions])
        right += int(hits(boxes, np.array(labels), truth, names).sum())
        proposed, held, empty = proposed + len(boxes), held + len(regions), empty + (not regions)
    return {"right": right, "proposed": proposed, "boxes": held, "empty": empty}
