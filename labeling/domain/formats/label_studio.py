"""Label Studio's own JSON export, whole or minimal."""

from collections.abc import Iterator
from typing import Any

from labeling.domain.formats.documents import items, json_names
from labeling.domain.formats.found import Asked, Box, Files, Found, Mark, Note, Piece, number
from labeling.domain.formats.names import has_extension, name_in_address
from labeling.domain.rows import RowRefused

RECTANGLES, CHOICES = "rectanglelabels", "choices"
BESIDE = {"relation", "textarea", "rating", "number", "datetime", "pairwise"}
"""What says nothing of what is where."""
UNLABELLED = Note("images have no annotation yet and were left alone")
SEVERAL = Note("images have several annotations: the one marked as ground truth counts, else the latest")
IMAGE_KEYS = ("image", "img", "photo", "picture", "image_url", "url")


def read(files: Files, asked: Asked) -> Iterator[Piece]:
    """Rectangles (percent of the image) and choices of every task, from its annotations or its predictions.

    Raises FileUnreadable.
    """
    for name in json_names(files):
        for row, task in enumerate(items(files, name, "item"), start=1):
            yield from _task(row, task, asked)


def _task(row: int, task: Any, asked: Asked) -> Iterator[Piece]:
    if not isinstance(task, dict):
        yield RowRefused(row, None, "must be an object.")
        return
    file = _file(task)
    if not file:
        yield RowRefused(row, None, f"task {str(task.get('id', row))[:40]} names no image.")
        return
    said, several = _said(task, asked.predictions)
    if said is None:
        yield UNLABELLED
        return
    if several:
        yield SEVERAL
    marks, size = [], None
    for part in _parts(said):
        kind = str(part.get("type", "")).casefold()
        if kind in BESIDE or kind == (CHOICES if asked.boxes else RECTANGLES):
            yield Note(f"regions of type {kind} were left out")
            continue
        try:
            marks.extend(_marks(kind, part, row, asked))
            size = size or _size(part)
        except ValueError as reason:
            yield RowRefused(row, file, f"{reason}.")
    yield Found(file, row=row, marks=tuple(marks), size=size, relative=True, model=_model(said, asked))


def _file(task: dict[str, Any]) -> str:
    data = task["data"] if isinstance(task.get("data"), dict) else task
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    named = [texts[key] for key in IMAGE_KEYS if texts.get(key)]
    paths = [name_in_address(value) for value in (*named, *texts.values())]
    upload = task.get("file_upload")
    found = [path for path in paths if has_extension(path)] or ([upload] if isinstance(upload, str) else [])
    return (found or [name_in_address(value) for value in named] or [""])[0]


def _said(task: dict[str, Any], predictions: bool) -> tuple[dict[str, Any] | None, bool]:
    """The annotation or prediction that counts, and whether there were others."""
    if "annotations" not in task and "completions" not in task and "predictions" not in task:
        # The minimal export has one annotation a task, spread over it.
        return (None if predictions else {"result": _spread(task)}), False
    given = task.get("predictions") if predictions else task.get("annotations", task.get("completions"))
    made = [
        one
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict) and not one.get("was_cancelled")
    ]
    if not made:
        return None, False
    chosen = max(
        enumerate(made),
        key=lambda at: (bool(at[1].get("ground_truth")), str(at[1].get("updated_at") or ""), at[0]),
    )[1]
    return chosen, len(made) > 1


def _spread(task: dict[str, Any]) -> list[dict[str, Any]]:
    parts = []
    for value in task.values():
        if isinstance(value, list):
            for one in value:
                if isinstance(one, dict) and RECTANGLES in one:
                    sizes = {name: one.get(name) for name in ("original_width", "original_height")}
                    parts.append({"type": RECTANGLES, "value": one, **sizes})
                elif isinstance(one, dict) and (kind := next((k for k in one if k.endswith("labels")), "")):
                    parts.append({"type": kind, "value": one})
        elif isinstance(value, dict) and isinstance(value.get(CHOICES), list):
            parts.append({"type": CHOICES, "value": value})
    if isinstance(task.get("choice"), str):
        parts.append({"type": CHOICES, "value": {CHOICES: [task["choice"]]}})
    return parts


def _parts(said: dict[str, Any]) -> list[dict[str, Any]]:
    result = said.get("result")
    return [part for part in result if isinstance(part, dict)] if isinstance(result, list) else []


def _marks(kind: str, part: dict[str, Any], row: int, asked: Asked) -> Iterator[Mark]:
    if kind not in (RECTANGLES, CHOICES):
        raise ValueError(
            f"regions of type {kind[:40] or 'unknown'} are not taken, only {RECTANGLES} and {CHOICES}"
        )
    value = part["value"] if isinstance(part.get("value"), dict) else {}
    labels = value.get(kind)
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError(f"a region of type {kind} names no label")
    if kind == RECTANGLES and len(labels) != 1:
        raise ValueError(f"a rectangle has {len(labels)} labels; one is taken")
    # An annotation that began as a prediction keeps its score; it is a person's all the same.
    score = part.get("score") if asked.predictions else None
    for label in labels:
        box = _box(value, part) if kind == RECTANGLES else None
        yield Mark(label, box, None if score is None else number(score), row)


def _box(value: dict[str, Any], part: dict[str, Any]) -> Box:
    for turned in (value.get("rotation"), part.get("image_rotation")):
        if turned and number(turned) % 360:
            raise ValueError(f"a rectangle is rotated by {number(turned):g}°; only upright boxes are taken")
    x, y, width, height = (number(value.get(name)) / 100 for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def _size(part: dict[str, Any]) -> tuple[float, float] | None:
    try:
        return number(part.get("original_width")), number(part.get("original_height"))
    except ValueError:
        return None


def _model(said: dict[str, Any], asked: Asked) -> str:
    model = said.get("model_version") if asked.predictions else None
    return model[:200] if isinstance(model, str) else ""
