"""A dataset as the files of the formats that others read, one after the other, never whole in memory."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from people.enums import TaskType

File = tuple[str, Iterable[bytes]]
"""A path and its content; the content is taken before the next file is asked for."""


class LayoutRefused(ValueError):
    """The layout cannot hold this dataset; the message says which can."""


@dataclass(frozen=True, slots=True)
class Row:
    """One image. `name` is its file's, unique in the dataset; `picture` gives its bytes."""

    name: str
    sha256: str
    split: str
    value: dict[str, Any]
    width: int
    height: int
    picture: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Rows:
    """A dataset: `of` gives the rows of a split in one order, as often as asked; `labels` are keys."""

    task_type: str
    labels: tuple[str, ...]
    splits: tuple[str, ...]
    of: Callable[[str], Iterator[Row]]


def coco(rows: Rows, pictures: bool) -> Iterator[File]:
    """`annotations/instances_SPLIT.json` with categories numbered from 1, and `images/SPLIT/`."""
    for split in rows.splits:
        yield f"annotations/instances_{split}.json", _pieces(_instances(rows, split))
    yield from _pictures(rows, pictures)


def yolo(rows: Rows, pictures: bool) -> Iterator[File]:
    """`data.yaml`, and for each image `labels/SPLIT/NAME.txt`, empty where nothing is there, and `images/SPLIT/`."""
    folders = "".join(f"{split}: images/{split}\n" for split in rows.splits)
    # A list of JSON strings is one of YAML too.
    yield "data.yaml", [f"path: .\n{folders}names: {json.dumps(rows.labels)}\n".encode()]
    for split in rows.splits:
        for row in rows.of(split):
            yield f"labels/{split}/{row.name.rpartition('.')[0]}.txt", [_lines(row, rows.labels).encode()]
    yield from _pictures(rows, pictures)


def imagefolder(rows: Rows, pictures: bool) -> Iterator[File]:
    """`SPLIT/LABEL/NAME`, the photographs themselves."""
    for split in rows.splits:
        for row in rows.of(split):
            yield f"{split}/{row.value['label']}/{row.name}", row.picture()


def huggingface(rows: Rows, pictures: bool) -> Iterator[File]:
    """`SPLIT/metadata.jsonl` beside the photographs: what `load_dataset("imagefolder", data_dir=…)` reads as it is.

    A line has `file_name`, `sha256`, `width`, `height`, and `label`, or of boxes `objects` with `bbox` (COCO's x, y,
    width, height) and `categories`. The split `val` is called `validation`.
    """
    for split in rows.splits:
        folder = HUGGINGFACE_SPLITS.get(split, split)
        yield f"{folder}/metadata.jsonl", _pieces(_metadata(row) for row in rows.of(split))
        for row in rows.of(split) if pictures else ():
            yield f"{folder}/{row.name}", row.picture()


def table(rows: Rows, pictures: bool) -> Iterator[File]:
    """`labels.csv`, a line a label or box; one without a label says that nothing is there. And `images/SPLIT/`."""
    yield "labels.csv", _pieces(_table(rows))
    yield from _pictures(rows, pictures)


HUGGINGFACE_SPLITS = {"val": "validation"}
LAYOUTS: dict[str, Callable[[Rows, bool], Iterator[File]]] = {
    "coco": coco,
    "yolo": yolo,
    "imagefolder": imagefolder,
    "huggingface": huggingface,
    "csv": table,
}


def layouts_for(task_type: str) -> list[str]:
    """The layouts that can hold values of the task type."""
    own = ["imagefolder"] if task_type == TaskType.CLASSIFICATION else ["coco", "yolo"]
    return [*own, "huggingface", "csv"]


def check_layout(layout: str, task_type: str) -> None:
    """Raise LayoutRefused where the layout cannot hold values of the task type."""
    able = layouts_for(task_type)
    if layout not in able:
        raise LayoutRefused(f"{layout} cannot hold a dataset of {task_type}; take {' or '.join(able)}.")


def _pictures(rows: Rows, wanted: bool) -> Iterator[File]:
    for split in rows.splits if wanted else ():
        for row in rows.of(split):
            yield f"images/{split}/{row.name}", row.picture()


def _instances(rows: Rows, split: str) -> Iterator[str]:
    numbers = {label: number for number, label in enumerate(rows.labels, start=1)}
    categories = [{"id": number, "name": label} for label, number in numbers.items()]
    yield f'{{"info": {{}}, "licenses": [], "categories": {json.dumps(categories)}, "images": ['
    for number, row in enumerate(rows.of(split), start=1):
        image = {"id": number, "file_name": row.name, "width": row.width, "height": row.height}
        yield (",\n" if number > 1 else "\n") + json.dumps(image)
    yield '\n], "annotations": ['
    identity = 0
    for number, row in enumerate(rows.of(split), start=1):
        for region in row.value["regions"]:
            identity += 1
            x1, y1, x2, y2 = region["box"]
            annotation = {
                "id": identity,
                "image_id": number,
                "category_id": numbers[region["label"]],
                "bbox": [x1, y1, x2 - x1, y2 - y1],
                "area": (x2 - x1) * (y2 - y1),
                "segmentation": [],
                "iscrowd": 0,
            }
            yield (",\n" if identity > 1 else "\n") + json.dumps(annotation)
    yield "\n]}\n"


def _lines(row: Row, labels: tuple[str, ...]) -> str:
    lines = []
    for region in row.value["regions"]:
        x1, y1, x2, y2 = region["box"]
        shares = (
            (x1 + x2) / 2 / row.width,
            (y1 + y2) / 2 / row.height,
            (x2 - x1) / row.width,
            (y2 - y1) / row.height,
        )
        lines.append(
            " ".join([str(labels.index(region["label"])), *(f"{share:.10g}" for share in shares)]) + "\n"
        )
    return "".join(lines)


def _metadata(row: Row) -> str:
    about = {"file_name": row.name, "sha256": row.sha256, "width": row.width, "height": row.height}
    if "label" in row.value:
        said: dict[str, Any] = {"label": row.value["label"]}
    else:
        # All of them as floats: a reader takes the type of a column from each split's own file.
        corners = [map(float, region["box"]) for region in row.value["regions"]]
        said = {
            "objects": {
                "bbox": [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in corners],
                "categories": [region["label"] for region in row.value["regions"]],
            }
        }
    return json.dumps(about | said, ensure_ascii=False) + "\n"


def _table(rows: Rows) -> Iterator[str]:
    boxes = rows.task_type != TaskType.CLASSIFICATION
    corners = ["x1", "y1", "x2", "y2"] if boxes else []
    yield _line(["file", "label", *corners, "split", "sha256", "width", "height"])
    for split in rows.splits:
        for row in rows.of(split):
            about = [row.split, row.sha256, row.width, row.height]
            if not boxes:
                yield _line([row.name, row.value["label"], *about])
            for region in (row.value["regions"] or [{"label": "", "box": [""] * 4}]) if boxes else ():
                yield _line([row.name, region["label"], *region["box"], *about])


def _line(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


PIECE = 64 * 1024


def _pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """The texts as bytes, in pieces worth writing."""
    held: list[str] = []
    length = 0
    for text in texts:
        held.append(text)
        length += len(text)
        if length >= PIECE:
            yield "".join(held).encode()
            held, length = [], 0
    yield "".join(held).encode()
