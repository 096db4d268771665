"""Asking a model about images whose truth is known, one by one, in bounded memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from django.db import connection, transaction

from inference import runtimes
from inference.corruptions import corrupted
from inference.domain.opinions import of_boxes
from inference.domain.outcomes import PLAIN, Outcomes, gather, tally
from inference.domain.outcomes import of_boxes as tally_boxes
from inference.domain.readings import readings_of
from inference.imaging import to_arrays
from inference.models import MeasuredSet, ModelVersion
from labeling.imagefile import ImageRefused
from people.enums import TaskType

BATCH = 64
"""Arrays in memory at once."""


class EvaluationRefused(ValueError):
    """A test set that cannot be measured on; the message says why."""


@dataclass(frozen=True)
class Asked:
    """An image of `width` × `height` upright pixels, what is true of it (a wire value), how to get its bytes, and its
    context."""

    sha256: str
    value: dict[str, Any]
    width: int
    height: int
    read: Callable[[], bytes]
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answered:
    """What the model said of an image: by variant its probabilities [C], or the boxes it found."""

    asked: Asked
    answers: list[Any]


def ask(
    runtime: runtimes.Runtime,
    asked: Sequence[Asked],
    alive: Callable[[], None],
    *,
    variants: Sequence[str] = PLAIN,
    lenient: bool = False,
) -> Iterator[Answered]:
    """The model's answers about each image, in each of the variants that `corruptions` makes of it.

    `alive` is called between batches and may raise to stop. An image that cannot be read is left out where `lenient`;
    else EvaluationRefused names it.
    """
    changes = [partial(corrupted, variant=variant) if variant else _as_it_is for variant in variants]
    at_once = max(1, BATCH // len(variants))
    with ThreadPoolExecutor(max_workers=2) as threads:
        for start in range(0, len(asked), at_once):
            alive()
            part = asked[start : start + at_once]
            decoded = list(threads.map(partial(_decode, runtime, changes, lenient), part))
            read = [(each, arrays) for each, arrays in zip(part, decoded, strict=True) if arrays]
            if not read:
                continue
            batch = np.stack([array for _, arrays in read for array in arrays])
            said: Any
            if runtime.task == TaskType.CLASSIFICATION:
                readings = None
                if runtime.context:
                    told = np.stack([readings_of(each.context, runtime.context) for each, _ in read])
                    readings = np.repeat(told, len(variants), axis=0)
                said = runtime.predict(batch, readings).probabilities
            else:
                said = runtime.detect(batch)
            for number, (each, _) in enumerate(read):
                at = number * len(variants)
                yield Answered(each, list(said[at : at + len(variants)]))


def outcomes(
    runtime: runtimes.Runtime, answered: Sequence[Answered], variants: Sequence[str] = PLAIN
) -> Outcomes:
    """The answers held against what is true."""
    told = [
        [_told(runtime, each.answers[place], each.asked) for each in answered]
        for place in range(len(variants))
    ]
    sure = runtime.task == TaskType.CLASSIFICATION
    confidence = [float(each.answers[0].max()) if sure else float("nan") for each in answered]
    return gather([each.asked.sha256 for each in answered], told, confidence, variants)


def keep(*, model: ModelVersion, over: str, set_hash: str, found: Outcomes) -> None:
    """Store what the model said of a set, in place of what it said of it before: a row never changes."""
    with transaction.atomic():
        MeasuredSet.objects.filter(model=model, over=over, set_hash=set_hash).delete()
        MeasuredSet.objects.create(
            model=model, over=over, set_hash=set_hash, images=len(found.hashes), content=found.pack()
        )


def held_boxes(value: dict[str, Any]) -> tuple[np.ndarray, list[str]]:
    """Boxes [M, 4] and labels of what is truly in an image."""
    boxes = np.array([region["box"] for region in value["regions"]], dtype=np.float64).reshape(-1, 4)
    return boxes, [region["label"] for region in value["regions"]]


def _told(runtime: runtimes.Runtime, answer: Any, asked: Asked) -> list[tuple[str, int, int, int]]:
    if runtime.task == TaskType.CLASSIFICATION:
        said, true = runtime.labels[int(answer.argmax())], asked.value["label"]
        return tally([said], [said == true], [true])
    regions = of_boxes(
        runtime.labels,
        answer.boxes,
        answer.scores,
        answer.labels,
        floor=runtime.floor,
        resize=runtime.preprocessing.resize,
        width=asked.width,
        height=asked.height,
    ).value
    return tally_boxes(*held_boxes(regions), *held_boxes(asked.value))


def _decode(
    runtime: runtimes.Runtime, changes: Sequence[Callable[[Any], Any]], lenient: bool, asked: Asked
) -> list[np.ndarray]:
    try:
        return to_arrays(asked.read(), runtime.preprocessing, changes)
    except (ImageRefused, OSError) as error:
        if lenient:
            return []
        raise EvaluationRefused(f"The test image {asked.sha256} cannot be read: {error}") from error
    finally:
        # An image that was moved meanwhile is looked up, by a connection of this thread's own.
        connection.close()


def _as_it_is(picture: Any) -> Any:
    return picture
