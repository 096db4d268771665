"""A frozen dataset's manifest as a Parquet file, sent while it is made, and such a file held against its hash."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core.files.storage import default_storage

from feedback.domain.parquet import Column, Kind, ParquetFile, ParquetRefused, write
from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.services.exporting import NotFrozen
from inference.domain import manifest
from inference.domain.manifest import FORMAT, ManifestRow

NAME = "manifest.parquet"
COLUMNS = (
    Column("image_sha256", Kind.TEXT),
    Column("value", Kind.TEXT),
    Column("split", Kind.TEXT),
    Column("weight", Kind.REAL),
    Column("resolution", Kind.TEXT, optional=True),
    Column("by", Kind.TEXT, optional=True),
    Column("answers", Kind.TEXT),
    Column("guideline", Kind.INTEGER, optional=True),
    Column("source", Kind.TEXT, optional=True),
    Column("captured_at", Kind.TEXT, optional=True),
    Column("context", Kind.TEXT),
    Column("image", Kind.TEXT, optional=True),
    Column("key", Kind.TEXT),
)
"""`value`, `answers` and `context` are JSON."""

HASH, TASK_TYPE, LABELS, FORMAT_KEY = ("vouch.hash", "vouch.task_type", "vouch.labels", "vouch.format")


class ManifestDiffers(ValueError):
    """A file that does not hold what its hash, or the one asked for, says; the message names both."""


def as_parquet(dataset: DatasetVersion) -> Iterator[bytes]:
    """The manifest in pieces, its content hash in the footer under `vouch.hash`; 2,000 rows are held at once.

    Raises NotFrozen before the first piece is asked for, and OSError where the storage has lost the manifest.
    """
    if dataset.state != DatasetState.FROZEN:
        raise NotFrozen(f"This dataset is {dataset.state}; a frozen one has a manifest.")
    return _pieces(dataset)


def _pieces(dataset: DatasetVersion) -> Iterator[bytes]:
    with default_storage.open(dataset.manifest_key) as file:
        task_type, labels, rows = manifest.stream(file)
        metadata = {
            FORMAT_KEY: FORMAT,
            HASH: dataset.hash,
            TASK_TYPE: task_type,
            LABELS: json.dumps(labels, ensure_ascii=False),
        }
        yield from write(COLUMNS, map(_cells, rows), metadata)


def verify(file: BinaryIO, expected: str = "") -> tuple[str, int]:
    """The content hash of a downloaded file, counted anew from its rows, and how many they are.

    The same as the dataset's, on whatever machine. Raises ManifestDiffers where it is neither `expected` nor, without
    that, what the file itself says; ParquetRefused for a file that is no manifest, or was written anew by other tools.
    """
    opened = ParquetFile(file)
    names = [column.name for column in opened.columns]
    lacking = [name for name in ("image_sha256", "value", "split", "weight") if name not in names]
    if lacking or TASK_TYPE not in opened.metadata or LABELS not in opened.metadata:
        raise ParquetRefused(f"This is no manifest: {lacking[0] if lacking else TASK_TYPE} is missing.")
    found = manifest.hash_of(
        opened.metadata[TASK_TYPE], json.loads(opened.metadata[LABELS]), _rows(opened, names)
    )
    said = expected or opened.metadata.get(HASH, "")
    if found != said:
        raise ManifestDiffers(f"The rows come to {found}, and not to {said or 'a hash that it says'}.")
    return found, opened.count


def _rows(opened: ParquetFile, names: list[str]) -> Iterator[ManifestRow]:
    places = [names.index(name) for name in ("image_sha256", "value", "split", "weight")]
    last = ""
    for row in opened.rows():
        sha256, value, split, weight = (row[place] for place in places)
        if sha256 <= last:
            raise ManifestDiffers(f"The rows are not in order of their images, or {sha256} stands twice.")
        last = sha256
        try:
            yield ManifestRow(sha256=sha256, key="", value=json.loads(value), split=split, weight=weight)
        except ValueError as error:
            raise ManifestDiffers(f"The value of {sha256} is not JSON: {error}.") from None


def _cells(row: ManifestRow) -> tuple[Any, ...]:
    return (
        row.sha256,
        _json(row.value),
        row.split,
        float(row.weight),
        row.resolution,
        row.by,
        _json(list(row.answers)),
        row.guideline,
        row.source,
        row.captured_at,
        _json(row.context),
        row.image,
        row.key,
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
