"""A camera's pictures opened, reduced and measured."""

import numpy as np
from PIL import Image as Picture

from feedback.domain.camera_picture import LONGEST_SIDE, OUTLINE, Measured, measure
from labeling.imagefile import ImageRefused, open_upright
from labeling.models import Image
from labeling.services.images import read

SMALLEST = 8
"""Pixels of a side: of less nothing can be measured."""


def look_at(image: Image) -> Measured | None:
    """What is measured of an image; None where its bytes are gone or too few to be a picture."""
    if image.erased_at is not None or min(image.width, image.height) < SMALLEST:
        return None
    scale = min(1.0, LONGEST_SIDE / max(image.width, image.height))
    size = max(3, round(image.width * scale)), max(3, round(image.height * scale))
    try:
        picture = open_upright(read(image), at_least=size)
    except (FileNotFoundError, ImageRefused):
        return None
    return measure_picture(picture.resize(size, Picture.Resampling.BOX))


def measure_picture(picture: Picture.Image) -> Measured:
    """Of an upright RGB picture whose longer side is at most LONGEST_SIDE."""
    grey = picture.convert("L").resize((OUTLINE, OUTLINE), Picture.Resampling.BOX)
    return measure(np.asarray(picture), np.asarray(grey))


def encoding_of(image: Image) -> str:
    """Its size and format, as in `1920×1080 JPEG`."""
    return f"{image.width}×{image.height} {image.media_type.rpartition('/')[2].upper()}"
