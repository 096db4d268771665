"""COCO: an instances file, or a results file beside the instances file it speaks of."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from labeling.domain.formats.documents import has_member, items, json_names, opening
from labeling.domain.formats.found import Asked, Box, Files, FileUnreadable, Found, Mark, Note, Piece, number
from labeling.domain.formats.names import basename, name_in_address
from labeling.domain.rows import RowRefused

MOST_CATEGORIES = 10_000
CROWD = Note("crowd regions were left out: a box around a crowd is no box of one thing")
IMAGE, ANNOTATION = 0, 1


def read(files: Files, asked: Asked) -> Iterator[Piece]:
    """What every COCO file in it says. Boxes are [x, y, width, height] in pixels, as floats.

    An image without annotations has nothing on it. Raises FileUnreadable.
    """
    for name in json_names(files):
        if opening(files, name) == "[":
            yield from _results(files, name, asked)
        else:
            yield from _joined(files, name, files, name, "annotations.item", asked)


def _results(files: Files, name: str, asked: Asked) -> Iterator[Piece]:
    if not asked.predictions:
        raise FileUnreadable(f"{name} is a COCO results file: import it as predictions, not as labels.")
    if asked.reference is None:
        raise FileUnreadable(
            f"{name} is a COCO results file, which names neither images nor categories: "
            "give the instances file they come from as reference."
        )
    yield from _joined(files, name, asked.reference, json_names(asked.reference)[0], "item", asked)


def _joined(
    files: Files, name: str, reference: Files, reference_name: str, prefix: str, asked: Asked
) -> Iterator[Piece]:
    categories = _categories(reference, reference_name)
    counts = [0, 0]

    def rows() -> Iterator[list[Any]]:
        for row, image in enumerate(items(reference, reference_name, "images.item"), start=1):
            counts[IMAGE] += 1
            yield [_key(image, "id"), IMAGE, row, *_image(image)]
        for row, annotation in enumerate(items(files, name, prefix), start=1):
            counts[ANNOTATION] += 1
            yield [_key(annotation, "image_id"), ANNOTATION, row, *_annotation(annotation, categories)]

    in_order = groupby(asked.sort(rows()), key=lambda row: row[0])
    for place, (key, group) in enumerate(in_order):
        if not counts[IMAGE]:
            break
        empty = place == 0 and prefix != "item" and not counts[ANNOTATION]
        if empty and not has_member(files, name, "annotations"):
            raise FileUnreadable(f"{name} names images and has no list of annotations.")
        yield from _of_one_image(key, group, skip_empty=prefix == "item")
    if not counts[IMAGE]:
        raise FileUnreadable(f"{reference_name} is no COCO instances file: it has no list of images.")


def _of_one_image(key: str, group: Iterator[list[Any]], skip_empty: bool) -> Iterator[Piece]:
    file, size, first, empty = None, None, None, True
    marks = []
    for _, kind, row, *rest in group:
        if kind == IMAGE:
            given, given_size = rest
            if first is None:
                file, size, first = given, given_size and tuple(given_size), row
                if file is None:
                    yield RowRefused(None, None, f"image {row} (id {key}) has no file_name.")
                continue
            for name in (file, given):
                yield RowRefused(None, name, f"images {first} and {row} have the same id, {key}.")
            continue
        empty = False
        mark, reason = rest
        if first is None:
            yield RowRefused(row, None, f"annotation {row}: no image has the id {key or '(none)'}.")
        elif reason == CROWD.what:
            yield CROWD
        elif reason:
            yield RowRefused(row, file, f"annotation {row}: {reason}")
        else:
            label, box, confidence = mark
            marks.append(Mark(label, box and tuple(box), confidence, row))
    if file is not None and not (empty and skip_empty):
        yield Found(file, row=marks[0].row if marks else None, marks=tuple(marks), size=size)


def _categories(files: Files, name: str) -> dict[str, str]:
    categories = {}
    for category in items(files, name, "categories.item"):
        if isinstance(category, dict) and isinstance(category.get("name"), str):
            categories[_key(category, "id")] = category["name"]
        if len(categories) > MOST_CATEGORIES:
            raise FileUnreadable(f"{name} has more than {MOST_CATEGORIES:,} categories.")
    return categories


def _key(row: Any, field: str) -> str:
    given = row.get(field) if isinstance(row, dict) else None
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return "" if given is None or isinstance(given, dict | list) else str(given)[:200]


def _image(image: Any) -> list[Any]:
    if not isinstance(image, dict):
        return [None, None]
    given = [image.get(name) for name in ("file_name", "path", "coco_url")]
    file = next((name for name in given if isinstance(name, str) and basename(name)), None)
    try:
        size = [number(image.get("width")), number(image.get("height"))]
    except ValueError:
        size = None
    return [file and name_in_address(file), size]


def _annotation(annotation: Any, categories: dict[str, str]) -> tuple[list[Any] | None, str]:
    if not isinstance(annotation, dict):
        return None, "must be an object."
    if annotation.get("iscrowd") in (1, True):
        return None, CROWD.what
    label = categories.get(_key(annotation, "category_id"))
    if label is None:
        return None, f"no category has the id {str(annotation.get('category_id'))[:80]}."
    try:
        box = _box(annotation)
        confidence = annotation.get("score")
        return [label, box, None if confidence is None else number(confidence)], ""
    except ValueError as error:
        return None, f"{error}."


def _box(annotation: dict[str, Any]) -> Box | None:
    given = annotation.get("bbox")
    if given in (None, []):
        return _around(annotation.get("segmentation"))
    if not isinstance(given, list) or len(given) != 4:
        raise ValueError("bbox must be [x, y, width, height] in pixels")
    x, y, width, height = (number(side) for side in given)
    return x, y, x + width, y + height


def _around(polygons: Any) -> Box | None:
    if polygons in (None, []):
        return None
    if not isinstance(polygons, list) or not all(isinstance(polygon, list) for polygon in polygons):
        raise ValueError("it has a mask and no bbox; give the bbox")
    xs = [number(x) for polygon in polygons for x in polygon[0::2]]
    ys = [number(y) for polygon in polygons for y in polygon[1::2]]
    if not xs or not ys:
        return None
    return min(xs), min(ys), max(xs), max(ys)
