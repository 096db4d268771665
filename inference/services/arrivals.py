"""An upload looked at as it comes in: proved whole, and decoded for the model in the same go."""

from typing import Any

from django.conf import settings

from inference.imaging import Preprocessing, inspect_to_array
from inference.services import decoded
from labeling import imagefile
from labeling.imagefile import ImageFacts


def inspect(data: bytes, preprocessing: dict[str, Any] | None) -> ImageFacts:
    """What `labeling.imagefile.inspect` says. `preprocessing` is that of the model that will predict it, as the model
    keeps it, and empty or None where there is none: what the model wants of the picture is kept for it.

    Raises labeling.imagefile.ImageRefused.
    """
    most = settings.MAX_IMAGE_BYTES
    wanted = _read(preprocessing)
    if wanted is None or not decoded.worth(wanted):
        return imagefile.inspect(data, max_bytes=most)
    facts, pixels = inspect_to_array(data, wanted, max_bytes=most)
    if pixels is not None:
        decoded.keep(facts.sha256, wanted, pixels)
    return facts


def _read(preprocessing: dict[str, Any] | None) -> Preprocessing | None:
    if not preprocessing:
        return None
    try:
        return Preprocessing.from_json(preprocessing)
    except ValueError:
        # What a later version registered is for its own processes to decode.
        return None
