"""Captures decoded and put to a model: what a thread without a database does of a batch."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from inference.domain.drift.features import STATISTICS, image_statistics
from inference.domain.readings import readings_of
from inference.imaging import Preprocessing, to_array
from inference.models import Capture
from inference.runtimes import Found, Runtime, Scores
from inference.services import decoded as decoded_before
from labeling.imagefile import ImageRefused
from labeling.models import Image
from labeling.services import images
from people.enums import TaskType

PART = 16
"""A thread decodes so many images and runs the model on them together, at most."""


@dataclass(frozen=True)
class Scored:
    """The N captures that could be decoded, in order, and what the model gave of them.

    `numbers` [N, 5] are of their pictures, `latency_ms` each one's share of the model's time; `refused` says why the
    others could not be decoded.
    """

    captures: list[Capture]
    numbers: np.ndarray
    answer: Scores | list[Found]
    latency_ms: float
    refused: dict[UUID, str]


def score(runtime: Runtime, captures: Sequence[Capture]) -> Scored:
    """Decode the captures, `image` of each loaded, and run the model on them. Raises what the model raises."""
    decoded, arrays, refused = [], [], {}
    for capture in captures:
        try:
            arrays.append(_pixels(capture.image, runtime.preprocessing))
            decoded.append(capture)
        except ImageRefused as error:
            refused[capture.pk] = error.reason
        except FileNotFoundError:
            refused[capture.pk] = f"The image's file is gone from the storage: {capture.image.key}."
    if not decoded:
        return Scored(decoded, np.empty((0, len(STATISTICS))), [], 0, refused)
    begun = time.perf_counter()
    pixels = np.stack(arrays)
    answer: Scores | list[Found]
    if runtime.task == TaskType.DETECTION:
        answer = runtime.detect(pixels)
    elif runtime.context:
        readings = [readings_of(capture.context, runtime.context) for capture in decoded]
        answer = runtime.predict(pixels, np.stack(readings))
    else:
        answer = runtime.predict(pixels)
    latency_ms = (time.perf_counter() - begun) * 1000 / len(decoded)
    return Scored(decoded, image_statistics(pixels), answer, latency_ms, refused)


def _pixels(image: Image, preprocessing: Preprocessing) -> np.ndarray:
    pixels = decoded_before.find(image.sha256, preprocessing)
    return to_array(images.read(image), preprocessing) if pixels is None else pixels
