"""Showing where a model looked: asked for by a person, worked out by the worker, kept as a picture to lay over."""

import io

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from inference import runtimes
from inference.domain.attention import brought_to_shares, occlusion
from inference.enums import ModelRuntime
from inference.imaging import Preprocessing, to_array
from inference.models import Prediction
from inference.services.files import of_model
from labeling.services import images

JOB = "inference.look"
LONGEST_SIDE = 320
COLOUR = (213, 94, 0)
STRONGEST = 0.72
"""How much of the photograph the strongest part covers, 0..1: what is below stays to be seen."""


class NothingToShow(ValueError):
    """A prediction of which it cannot be shown; the message says why."""


def key_of(prediction: Prediction) -> str:
    """Where the picture lies once it is made."""
    return f"attention/{prediction.project_id}/{prediction.pk}.png"


def is_ready(prediction: Prediction) -> bool:
    """Whether the picture is there."""
    return default_storage.exists(key_of(prediction))


def request(*, prediction: Prediction) -> bool:
    """Have the picture made unless it is there or being made; returns whether it is there.

    Raises NothingToShow for boxes, which say themselves where they are, for models that are not ours to run, and for
    an image that was erased.
    """
    if "regions" in prediction.value:
        raise NothingToShow("The model drew boxes: they are where it looked.")
    if prediction.model.runtime != ModelRuntime.ONNX.value:
        raise NothingToShow(
            "This prediction came from outside: the model that made it is not here to be asked."
        )
    if prediction.capture.image.erased_at is not None:
        raise NothingToShow("The image was erased.")
    if is_ready(prediction):
        return True
    try:
        with transaction.atomic():
            app.configure_task(JOB, queue="default", queueing_lock=f"look {prediction.pk}").defer(
                prediction_id=str(prediction.pk)
            )
    except AlreadyEnqueued:
        pass
    return False


def look(prediction_id: str) -> None:
    """Make the picture of a prediction that is still there, by the model that made it; safe to run twice.

    Of several files as one model the first is asked. Raises runtimes.RuntimeRefused or OSError for a model or an
    image that cannot be had.
    """
    prediction = Prediction.objects.filter(pk=prediction_id).select_related("model", "capture__image").first()
    if prediction is None or prediction.capture.image.erased_at is not None or is_ready(prediction):
        return
    runtime = runtimes.ensemble(prediction.model.runtime, of_model(prediction.model))
    image = prediction.capture.image
    picture = to_array(images.read(image), runtime.preprocessing)
    maps = runtime.look(picture[None])
    if maps is None:
        maps = occlusion(picture, lambda batch: runtime.predict(batch).probabilities)[None]
    content = overlay(brought_to_shares(maps[0]), image.width, image.height, runtime.preprocessing)
    default_storage.save(key_of(prediction), ContentFile(content))


def overlay(shares: np.ndarray, width: int, height: int, preprocessing: Preprocessing) -> bytes:
    """A PNG of a photograph's shape, the more opaque the higher the map [h, w] of 0..1 is there."""
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    alpha = Image.fromarray((shares * 255 * STRONGEST).astype(np.uint8), "L")
    if preprocessing.resize == "crop":
        # The model saw the square in the middle alone.
        side = min(size)
        whole = Image.new("L", size, 0)
        whole.paste(
            alpha.resize((side, side), Image.Resampling.BICUBIC),
            ((size[0] - side) // 2, (size[1] - side) // 2),
        )
    elif preprocessing.resize == "letterbox":
        side = max(size)
        left, top = (side - size[0]) // 2, (side - size[1]) // 2
        whole = alpha.resize((side, side), Image.Resampling.BICUBIC).crop(
            (left, top, left + size[0], top + size[1])
        )
    else:
        whole = alpha.resize(size, Image.Resampling.BICUBIC)
    picture = Image.new("RGBA", size, (*COLOUR, 0))
    picture.putalpha(whole)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
