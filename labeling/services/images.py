"""Keeping images: the bytes once, without metadata, under their hash, and one row for each hash in a project."""

import hashlib
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import QuerySet

from labeling.imagefile import ImageFacts, ImageRefused, inspect
from labeling.imagemetadata import location_of, without_metadata
from labeling.models import Image, Source
from labeling.queries.privacy import known_of
from labeling.redaction import Area
from labeling.services.blurring import blurred, is_asked
from people.models import Project
from people.queries.prepared import Prepared

STORAGE = "default"
REDACTED = "-redacted"


def _known(project: UUID, sha256: str) -> QuerySet[Image]:
    return Image.objects.filter(project_id=project, sha256=sha256)


KNOWN = Prepared(_known, project=UUID(int=1), sha256="0" * 64)


class ImageErased(ImageRefused):
    """Bytes that were erased here: they are not taken in again."""

    def __init__(self, image: Image) -> None:
        super().__init__(f"It was erased here on {image.erased_at:%Y-%m-%d}, and is not taken in again.")


@dataclass(frozen=True, slots=True)
class Arrival:
    """An upload's bytes: `data` as they were sent, `clean` without metadata; one object where they have none."""

    data: bytes
    clean: bytes

    @classmethod
    def of(cls, data: bytes) -> "Arrival":
        return cls(data, data if len(data) > settings.MAX_IMAGE_BYTES else without_metadata(data))

    @property
    def sha256(self) -> str:
        """Under which hash these very bytes may have been kept before metadata was left out; empty for none."""
        return "" if self.clean is self.data else hashlib.sha256(self.data).hexdigest()

    def kept(
        self, *, known: bool, keeps_location: bool | None, context: dict[str, Any] | None = None
    ) -> tuple[bytes, dict[str, Any]]:
        """What is kept of it: its bytes without metadata, and its context.

        Where the project `keeps_location`, and the file names one, the context gets `location: {latitude, longitude}`
        unless it has one. Bytes `known` by their hash stay what they are: the same image.
        """
        context = context or {}
        if keeps_location and self.clean is not self.data and "location" not in context:
            place = location_of(self.data)
            if place is not None:
                context = {**context, "location": {"latitude": place[0], "longitude": place[1]}}
        return (self.data if known else self.clean), context


def arrived(
    project: Project, data: bytes, context: dict[str, Any] | None = None
) -> tuple[bytes, dict[str, Any]]:
    """What `Arrival.kept` says of an upload, for whoever has not asked yet what the project knows and keeps."""
    arrival = Arrival.of(data)
    if not arrival.sha256:
        return data, context or {}
    known = KNOWN.first(project=project.pk, sha256=arrival.sha256) is not None
    kept = known_of(project)
    keeps_location = kept is not None and kept.keeps_location
    return arrival.kept(known=known, keeps_location=keeps_location, context=context)


def store(
    *, project: Project, data: bytes, facts: ImageFacts | None = None, **fields: Any
) -> tuple[Image, bool]:
    """Keep an image; returns it and whether it is new. Bytes that are here already keep what they first came with.

    `fields` are those of `row`. `facts` spares a second inspection, and says that `data` is what `arrived` returned.
    Raises ImageRefused.
    """
    if facts is None:
        data, fields["context"] = arrived(project, data, fields.get("context"))
        facts = inspect(data, max_bytes=settings.MAX_IMAGE_BYTES)
    known = KNOWN.first(project=project.pk, sha256=facts.sha256)
    if known is not None:
        if known.erased_at is not None:
            raise ImageErased(known)
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
    """The image's row of bytes that are kept by now, not yet written unless they were written anew since they first
    came; `facts` are those of `data`.

    What the project wants blurred is filled in what is kept, which `facts` do not see. Only the last part of
    `filename` stays: folders may name the label. Raises ImageErased, and labeling.services.blurring.CannotBlur.
    """
    key = _key(project.pk, facts.sha256)
    storage = storages[STORAGE]
    blurs = is_asked(project)
    areas: list[Area] = []
    # The bytes come before the row, so that no row is ever without them; a name made of content may stay behind.
    if blurs or not storage.exists(key):
        known = KNOWN.first(project=project.pk, sha256=facts.sha256)
        if known is not None and known.erased_at is not None:
            raise ImageErased(known)
        if known is not None and (known.key != key or blurs):
            # Its bytes were written anew, or would be: these are not kept beside them.
            return known
        if blurs:
            data, areas = blurred(project, data)
        if areas:
            key = f"{key}{REDACTED}/{hashlib.sha256(data).hexdigest()}"
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
        stored_sha256=key.rpartition("/")[2] if areas else None,
        redacted=[list(astuple(area)) for area in areas] or None,
    )


def _key(project: UUID, sha256: str) -> str:
    return f"images/{project}/{sha256[:2]}/{sha256}"


def first_key(image: Image) -> str:
    """Where the bytes lie, or lay, that came."""
    return _key(image.project_id, image.sha256)


def folder_of_redacted(image: Image) -> str:
    """Where its bytes lie once they were written anew, each under its own hash."""
    return f"{first_key(image)}{REDACTED}"


def read(image: Image) -> bytes:
    """The bytes of an image. Raises FileNotFoundError where the storage has lost them."""
    with storages[image.storage].open(image.key) as file:
        return file.read()
