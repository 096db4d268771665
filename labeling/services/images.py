"""Keeping images: the bytes once, under their hash, and one row for each hash in a project."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import QuerySet

from labeling.imagefile import ImageFacts, inspect
from labeling.models import Image, Source
from people.models import Project
from people.queries.prepared import Prepared

STORAGE = "default"


def _known(project: UUID, sha256: str) -> QuerySet[Image]:
    return Image.objects.filter(project_id=project, sha256=sha256)


KNOWN = Prepared(_known, on_server=True, project=UUID(int=1), sha256="0" * 64)


def store(
    *, project: Project, data: bytes, facts: ImageFacts | None = None, **fields: Any
) -> tuple[Image, bool]:
    """Keep an image; returns it and whether it is new. Bytes that are here already keep what they first came with.

    `fields` are those of `row`, and `facts` spares a second inspection. Raises ImageRefused.
    """
    facts = facts or inspect(data, max_bytes=settings.MAX_IMAGE_BYTES)
    known = KNOWN.first(project=project.pk, sha256=facts.sha256)
    if known is not None:
        return known, False
    image = row(project=project, data=data, facts=facts, **fields)
    Image.objects.bulk_create([image], ignore_conflicts=True)
    # Of somebody who was faster there is another row, and nothing has said so.
    kept = KNOWN.first(project=project.pk, sha256=facts.sha256)
    if kept is None:
        raise RuntimeError(f"the row of {image.key} went as it was made.")
    return kept, kept.pk == image.pk


def row(
    *,
    project: Project,
    data: bytes,
    facts: ImageFacts,
    filename: str = "",
    source: Source | None = None,
    captured_at: datetime | None = None,
    context: dict[str, Any] | None = None,
    split: str = "",
    group: str = "",
) -> Image:
    """The image's row, not yet written, of bytes that are kept by now; `facts` are those of `data`.

    Only the last part of `filename` stays: folders may name the label.
    """
    key = f"images/{project.pk}/{facts.sha256[:2]}/{facts.sha256}"
    storage = storages[STORAGE]
    # The bytes come before the row, so that no row is ever without them; a name made of content may stay behind.
    if not storage.exists(key):
        storage.save(key, ContentFile(data))
    return Image(
        project=project,
        sha256=facts.sha256,
        storage=STORAGE,
        key=key,
        media_type=facts.media_type,
        bytes=len(data),
        width=facts.width,
        height=facts.height,
        filename=filename.replace("\\", "/").rsplit("/")[-1][:400],
        source=source,
        group=group,
        split=split,
        captured_at=captured_at,
        context=context or {},
        difference_hash=facts.difference_hash,
    )


def read(image: Image) -> bytes:
    """The bytes of an image. Raises FileNotFoundError where the storage has lost them."""
    with storages[image.storage].open(image.key) as file:
        return file.read()
