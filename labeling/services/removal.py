"""Stored files removed for good, with what a crash may have left of writing them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage, storages

from labeling.models import Image, Redaction
from labeling.services import thumbnails
from labeling.services.images import first_key, folder_of_redacted


def all_of(image: Image) -> list[dict[str, Any]]:
    """Every file there is of the image now, of whichever time: {what, storage, key, bytes}."""
    redactions = Redaction.objects.filter(image=image).values_list("files", flat=True)
    replaced = [(file["what"], file["key"]) for files in redactions for file in files]
    now = [("image", image.key), ("small copy", thumbnails.key_of(image))]
    # Bytes written anew that no row came to name are there, too.
    folder = folder_of_redacted(image)
    others = [
        ("image", first_key(image)),
        *(("image", f"{folder}/{name}") for name in _within(image, folder)),
    ]
    return found(image.storage, [*now, *replaced, *others])


def found(storage: str, named: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Those of (what, key) that are there, and unfinished copies of them: {what, storage, key, bytes}, each once."""
    within = storages[storage]
    known: dict[str, str] = {}
    for what, key in named:
        if within.exists(key):
            known.setdefault(key, what)
        for draft in _drafts(within, key):
            known.setdefault(draft, "unfinished copy")
    return [
        {"what": what, "storage": storage, "key": key, "bytes": within.size(key)}
        for key, what in known.items()
    ]


def remove(files: Sequence[dict[str, Any]]) -> None:
    """Remove files from where they lie; one that is gone already is none the less gone."""
    for file in files:
        storages[file["storage"]].delete(file["key"])


def _drafts(storage: Storage, key: str) -> Iterator[str]:
    """Writes of that file that a crash cut off."""
    if isinstance(storage, FileSystemStorage):
        path = Path(storage.path(key))
        for draft in path.parent.glob(f".{path.name}.*"):
            yield f"{key.rpartition('/')[0]}/{draft.name}"


def _within(image: Image, folder: str) -> list[str]:
    try:
        return storages[image.storage].listdir(folder)[1]
    except FileNotFoundError:
        return []
