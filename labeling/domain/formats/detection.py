"""Which format a file is in, by its name and how it begins."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from labeling.domain.formats import coco, label_studio, table, voc, yolo
from labeling.domain.formats.documents import items, json_names, opening
from labeling.domain.formats.found import Asked, Files, FileUnreadable, Piece

READERS: dict[str, Callable[[Files, Asked], Iterator[Piece]]] = {
    "coco": coco.read,
    "yolo": yolo.read,
    "voc": voc.read,
    "csv": table.read,
    "label-studio": label_studio.read,
}
ENDINGS = {".json": "json", ".xml": "voc", ".csv": "csv", ".tsv": "csv", ".txt": "yolo"}
PREFERRED = ("voc", "json", "csv", "yolo")
"""A folder may hold lists and notes beside its labels."""


def format_of(files: Files) -> str:
    """One of READERS. Raises FileUnreadable where it is none of them."""
    kinds = {kind for name in files.names() for end, kind in ENDINGS.items() if name.casefold().endswith(end)}
    for kind in PREFERRED:
        if kind in kinds:
            return kind if kind != "json" else _of_json(files, json_names(files)[0])
    names = list(islice(files.names(), 2))
    if names != [files.name]:
        raise FileUnreadable(f"{files.name} holds neither .json, .xml, .csv nor .txt files.")
    first = opening(files, files.name)
    if first in ("[", "{"):
        return _of_json(files, files.name)
    return "voc" if first == "<" else "csv"


def _of_json(files: Files, name: str) -> str:
    if opening(files, name) == "{":
        return "coco"
    first: Any = next(items(files, name, "item"), None)
    if isinstance(first, dict) and "image_id" in first:
        return "coco"
    if isinstance(first, dict) and (
        {"data", "annotations", "predictions"} & set(first) or "annotator" in first
    ):
        return "label-studio"
    raise FileUnreadable(
        f"{name} is neither a COCO file nor an export of Label Studio: name its format if it is one of them."
    )
