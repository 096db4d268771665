"""A frozen dataset written out for others to read: into a folder, or as a zip that is sent while it is made."""

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.files.storage import storages

from feedback.domain.layouts import LAYOUTS, File, Row, Rows, check_layout
from feedback.enums import DatasetState
from feedback.models import DatasetMember, DatasetVersion
from feedback.queries import datasets
from labeling.enums import Split
from labeling.models import Image

CHUNK = 256 * 1024
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
MISSING = "missing.txt"
ERASED = "erased.txt"
ERASED_HEAD = "# Erased since this dataset was frozen: their labels are here, their photographs are not."
MOST_MEMBERS = 100_000
"""Files of a zip: its directory stands at its end, and is held until then. A folder has no bound."""


class NotFrozen(ValueError):
    """There is nothing to export yet; the message says why."""


class TooManyFiles(ValueError):
    """The zip would hold too many files; the message says what to do."""


def files(dataset: DatasetVersion, layout: str, *, pictures: bool) -> Iterator[File]:
    """The files of the layout, one after the other; the photographs the storage has lost are named in MISSING.

    Those of images that were erased since the freeze are named in ERASED, with the day, whether or not photographs
    were asked for.

    Raises NotFrozen, and LayoutRefused where the layout cannot hold the dataset.
    """
    check_exportable(dataset, layout)
    missing: list[str] = []
    erased: list[str] = []
    rows = Rows(
        task_type=dataset.project.task_type,
        labels=tuple(dataset.labels),
        splits=tuple(str(split) for split in Split if dataset.counts.get(str(split))),
        of=lambda split: _rows(dataset, split, missing.append, erased.append),
    )
    for path, content in LAYOUTS[layout](rows, pictures):
        chunks = iter(content)
        first = next(chunks, None)
        if first is not None or not is_picture(path):
            yield path, chain([first or b""], chunks)
    if missing:
        yield MISSING, ["".join(f"{name}\n" for name in missing).encode()]
    if erased:
        yield ERASED, ["".join(f"{line}\n" for line in (ERASED_HEAD, *dict.fromkeys(erased))).encode()]


def is_picture(path: str) -> bool:
    """Whether the file of a layout is a photograph."""
    return path.rpartition(".")[2] in SUFFIXES.values()


def check_exportable(dataset: DatasetVersion, layout: str) -> None:
    """Raise NotFrozen or LayoutRefused unless the dataset can be exported in the layout."""
    if dataset.state != DatasetState.FROZEN:
        raise NotFrozen(f"This dataset is {dataset.state}; a frozen one can be exported.")
    check_layout(layout, dataset.project.task_type)


def write_folder(
    dataset: DatasetVersion,
    layout: str,
    folder: Path,
    *,
    pictures: bool,
    progress: Callable[[int], Any] = bool,
) -> list[str]:
    """Write the files below the folder; the names of photographs that the storage has lost."""
    missing: list[str] = []
    for path, content in files(dataset, layout, pictures=pictures):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            out.writelines(content)
        if path == MISSING:
            missing = target.read_text().splitlines()
        progress(1)
    return missing


def zipped(dataset: DatasetVersion, layout: str, *, pictures: bool) -> Iterator[bytes]:
    """The files as the bytes of a zip, whose members carry the moment of the freeze: the same dataset, the same zip.

    Raises NotFrozen, LayoutRefused and TooManyFiles before the first byte is asked for.
    """
    check_exportable(dataset, layout)
    images = sum(dataset.counts.values())
    members = images * ((layout == "yolo") + (pictures or layout == "imagefolder"))
    if members > MOST_MEMBERS:
        raise TooManyFiles(
            f"This would be a zip of {members:,} files; {MOST_MEMBERS:,} are the most. Leave the pictures out, "
            "take csv or coco, or write a folder with manage.py export_dataset."
        )
    return _zipped(dataset, files(dataset, layout, pictures=pictures))


def _zipped(dataset: DatasetVersion, members: Iterator[File]) -> Iterator[bytes]:
    sink = _Sink()
    moment = dataset.frozen_at.timetuple()[:6]
    with zipfile.ZipFile(sink, "w") as archive:
        for path, content in members:
            about = zipfile.ZipInfo(path, moment)
            about.external_attr = 0o644 << 16
            picture = is_picture(path)
            about.compress_type = zipfile.ZIP_STORED if picture else zipfile.ZIP_DEFLATED
            with archive.open(about, "w", force_zip64=not picture) as out:
                for chunk in content:
                    out.write(chunk)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """What was written since it was last taken; it cannot be sought, so that a zip is written straight through."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.held += data
        return len(data)

    def taken(self) -> bytes:
        data = bytes(self.held)
        self.held.clear()
        return data


def _rows(
    dataset: DatasetVersion, split: str, lost: Callable[[str], None], erased: Callable[[str], None]
) -> Iterator[Row]:
    members = DatasetMember.objects.filter(dataset=dataset, split=split).select_related("example__image")
    for page in datasets.pages(members):
        for member in page:
            image = member.example.image
            name = f"{image.sha256}.{SUFFIXES[image.media_type]}"
            if image.erased_at is not None:
                erased(f"{name} {image.erased_at:%Y-%m-%d}")
            yield Row(
                name=name,
                sha256=image.sha256,
                split=split,
                value=member.example.value,
                width=image.width,
                height=image.height,
                picture=partial(_picture, image, name, lost) if image.erased_at is None else _nothing,
            )


def _nothing() -> Iterator[bytes]:
    return iter(())


def _picture(image: Image, name: str, lost: Callable[[str], None]) -> Iterator[bytes]:
    try:
        file = storages[image.storage].open(image.key)
    except FileNotFoundError:
        lost(name)
        return
    with file:
        yield from iter(lambda: file.read(CHUNK), b"")
