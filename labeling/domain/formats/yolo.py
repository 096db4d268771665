"""YOLO: a text file an image, a line a box, beside the list of classes."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import yaml

from labeling.domain.formats.found import Asked, Files, FileUnreadable, Found, Mark, Piece, number, read_small
from labeling.domain.rows import RowRefused

LISTS = ("classes.txt", "obj.names", "_darknet.labels", "predefined_classes.txt")
FOLDERS = {"labels", "obj_train_data", "obj_valid_data"}


def read(files: Files, asked: Asked) -> Iterator[Piece]:
    """Lines `class cx cy width height [confidence]`, as shares of the image; an empty file: nothing there.

    The image has the name of its text file, whatever its extension. Raises FileUnreadable.
    """
    names = list(files.names())
    classes = _classes(files, names)
    for name in _label_files(names):
        file = str(PurePosixPath(name).with_suffix(""))
        try:
            lines = read_small(files, name).splitlines()
        except FileUnreadable as refused:
            yield RowRefused(None, file, str(refused))
            continue
        marks = []
        for row, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                marks.append(_mark(line.split(), row, classes))
            except ValueError as reason:
                yield RowRefused(row, file, f"line {row} of {name}: {reason}.")
        yield Found(file, marks=tuple(marks), relative=True)


def is_label_file(name: str) -> bool:
    """Whether it lies where YOLO's label files do; beside them there may be other text and JSON."""
    return name.casefold().endswith(".txt") and bool(FOLDERS & set(PurePosixPath(name).parts[:-1]))


def _label_files(names: list[str]) -> list[str]:
    texts = [name for name in names if name.casefold().endswith(".txt")]
    inside = [name for name in texts if is_label_file(name)]
    return sorted(inside or [name for name in texts if PurePosixPath(name).name not in LISTS])


def _mark(words: list[str], row: int, classes: dict[int, str]) -> Mark:
    if len(words) > 6 and len(words) % 2:
        raise ValueError(f"has {len(words)} numbers, a polygon; only boxes are taken")
    if len(words) not in (5, 6):
        raise ValueError(f"has {len(words)} numbers, not class, cx, cy, width, height[, confidence]")
    index = number(words[0])
    if index not in classes:
        raise ValueError(f"{words[0]:.40} is not a class; there are {len(classes)}, from {min(classes)}")
    x, y, width, height = (number(word) for word in words[1:5])
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return Mark(classes[int(index)], box, number(words[5]) if len(words) == 6 else None, row)


def _classes(files: Files, names: list[str]) -> dict[int, str]:
    documents = [name for name in names if name.casefold().endswith((".yaml", ".yml"))]
    for name in sorted(documents, key=lambda name: (name.count("/"), name)):
        if classes := _in_document(files, name):
            return classes
    for wanted in LISTS:
        for name in names:
            if PurePosixPath(name).name == wanted:
                found = [line.strip() for line in read_small(files, name).splitlines()]
                if classes := {index: line for index, line in enumerate(found) if line}:
                    return classes
    raise FileUnreadable(
        f"{files.name} has no list of classes: put a data.yaml with names, or a classes.txt, beside the labels."
    )


def _in_document(files: Files, name: str) -> dict[int, str]:
    try:
        given: Any = yaml.safe_load(read_small(files, name))
    except (yaml.YAMLError, RecursionError, ValueError):
        raise FileUnreadable(f"{name} is not YAML that can be read.") from None
    listed = given.get("names") if isinstance(given, dict) else None
    if isinstance(listed, list):
        listed = dict(enumerate(listed))
    if not isinstance(listed, dict):
        return {}
    try:
        return {
            int(index): str(label) for index, label in listed.items() if not isinstance(label, dict | list)
        }
    except (TypeError, ValueError):
        raise FileUnreadable(f"{name}: names must be a list of labels, or labels by number.") from None
