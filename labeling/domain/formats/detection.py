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
ENDINGS = {".json": "coco", ".xml": "voc", ".csv": "csv", ".tsv": "csv", ".txt": "yolo"}
PREFERRED = ("voc", "coco", "csv", "yolo")
"""A folder may hold lists and notes beside its labels."""


def format_of(files: Files) -> str:
    """One of READERS. Raises FileUnreadable where it is none of them."""
    if list(islice(files.names(), 2)) == [files.name]:
        return _of_one(files)
    if any(yolo.is_label_file(name) for name in files.names()):
        return "yolo"
    kinds = {kind for name in files.names() for end, kind in ENDINGS.items() if name.casefold().endswith(end)}
    for kind in PREFERRED:
        if kind in kinds:
            return kind if kind != "coco" else _of_json(files, json_names(files)[0])
    raise FileUnreadable(f"{files.name} holds neither .json, .xml, .csv nor .txt files.")


def _of_one(files: Files) -> str:
    # What a file begins with is surer than what it is called.
    first = opening(files, files.name)
    if first in ("[", "{"):
        return _of_json(files, files.name)
    if first == "<":
        return "voc"
    return next((kind for end, kind in ENDINGS.items() if files.name.casefold().endswith(end)), "csv")


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
