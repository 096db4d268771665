"""Small copies of images, made when one is first asked for and kept beside the images."""

import threading
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image as Picture

from labeling.imagefile import open_upright
from labeling.models import Image
from labeling.services.images import read

LONGEST_SIDE = 480
MEDIA_TYPE = "image/jpeg"
QUALITY = 82
_AT_ONCE = threading.Semaphore(2)
"""A picture of a hundred million pixels takes 300 MB to decode: a page of them must not be decoded all at once."""


def is_small(image: Image) -> bool:
    """Whether the image is no larger than a small copy of it would be."""
    return max(image.width, image.height) <= LONGEST_SIDE


def key_of(image: Image) -> str:
    """Where the small copy lies once it is made."""
    written_anew = f"-{image.stored_sha256[:16]}" if image.stored_sha256 else ""
    name = f"{image.sha256}{written_anew}-{LONGEST_SIDE}.jpg"
    return f"thumbnails/{image.project_id}/{image.sha256[:2]}/{name}"


def open_thumbnail(image: Image) -> tuple[Any, int]:
    """A JPEG of the upright image, its longer side 480 px; the open file and its length in bytes.

    Raises FileNotFoundError where the storage has lost the image.
    """
    storage = storages[image.storage]
    key = key_of(image)
    if not storage.exists(key):
        with _AT_ONCE:
            # Two who ask at once write the same bytes under the same name.
            storage.save(key, ContentFile(_made(image)))
    return storage.open(key), storage.size(key)


def _made(image: Image) -> bytes:
    scale = LONGEST_SIDE / max(image.width, image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    picture = open_upright(read(image), at_least=size).resize(size, Picture.Resampling.LANCZOS)
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
