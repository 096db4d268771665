"""Images whose truth the project holds, to try a model on."""

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from typing import Any

from labeling.models import Image, Resolution
from people.models import Project

FOLDS = 5


@dataclass(frozen=True)
class Labelled:
    """An image and what is held true of it; `fold` 0..FOLDS-1 is the same for all images of one burst."""

    image: Image
    value: dict[str, Any]
    fold: int


def sample(project: Project, count: int, *, unlike: Collection[str] = ()) -> list[Labelled]:
    """Up to `count` labelled images in the order of their hashes, which is no order, without those hashes."""
    held = (
        Resolution.objects.filter(project=project, replaced_at=None, value__isnull=False)
        .select_related("image")
        .order_by("image__sha256")
    )
    fresh = (row for row in held.iterator(chunk_size=count) if row.image.sha256 not in unlike)
    return [Labelled(row.image, row.value, _fold(row.image)) for row in islice(fresh, count)]


def _fold(image: Image) -> int:
    return zlib.crc32((image.group or image.sha256).encode()) % FOLDS
