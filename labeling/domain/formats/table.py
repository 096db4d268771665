"""CSV: a line a label, with or without its box."""

import csv
import io
from collections.abc import Iterator

from labeling.domain.formats.found import Asked, Box, Files, FileUnreadable, Found, Mark, Piece, number
from labeling.domain.rows import RowRefused

COLUMNS = {
    "file": ("file", "filename", "file_name", "image", "image_path", "path", "name"),
    "label": ("label", "class", "category", "class_name", "label_name"),
    "x1": ("x1", "xmin", "x_min", "left"),
    "y1": ("y1", "ymin", "y_min", "top"),
    "x2": ("x2", "xmax", "x_max", "right"),
    "y2": ("y2", "ymax", "y_max", "bottom"),
    "confidence": ("confidence", "score", "probability"),
    "sha256": ("sha256",),
    "width": ("width", "image_width"),
    "height": ("height", "image_height"),
}
CORNERS = ("x1", "y1", "x2", "y2")
FIRST_LINE = "the first line must name the columns: file,label[,x1,y1,x2,y2][,confidence][,sha256]"


def read(files: Files, asked: Asked) -> Iterator[Piece]:
    """Rows of a table whose first line names the columns; between commas, semicolons or tabs; corners in pixels.

    A row without a label says that nothing is there. Raises FileUnreadable.
    """
    names = sorted(name for name in files.names() if name.casefold().endswith((".csv", ".tsv")))
    for name in names or [name for name in files.names() if name == files.name]:
        yield from _read_one(files, name)


def _read_one(files: Files, name: str) -> Iterator[Piece]:
    line = 1
    with files.open(name) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:  # type: ignore[type-var]
        try:
            head = text.readline(10_000)
            delimiter = max(",;\t", key=head.count)
            columns = _columns(next(csv.reader([head], delimiter=delimiter), []), name)
            rows = csv.reader(text, delimiter=delimiter)
            for cells in rows:
                line = rows.line_num + 1
                if any(cell.strip() for cell in cells):
                    yield _piece(line, {field: _cell(cells, at) for field, at in columns.items()})
        except UnicodeDecodeError:
            raise FileUnreadable(f"{name} is not UTF-8 text after line {line}: save it as UTF-8.") from None
        except csv.Error as error:
            raise FileUnreadable(f"{name} is no table that can be read: {error} after line {line}.") from None


def _columns(head: list[str], name: str) -> dict[str, int]:
    given = {title.strip().casefold(): index for index, title in reversed(list(enumerate(head)))}
    found = {}
    for field, titles in COLUMNS.items():
        if at := [given[title] for title in titles if title in given]:
            found[field] = at[0]
    if "label" not in found or not {"file", "sha256"} & set(found):
        raise FileUnreadable(f"{name} is no table of labels: {FIRST_LINE}.")
    if 0 < len(set(CORNERS) & set(found)) < 4:
        missing = ", ".join(corner for corner in CORNERS if corner not in found)
        raise FileUnreadable(f"{name} has no column {missing}: a box needs x1, y1, x2 and y2.")
    return found


def _cell(cells: list[str], at: int) -> str:
    return cells[at].strip() if at < len(cells) else ""


def _piece(line: int, row: dict[str, str]) -> Piece:
    file, sha256 = row.get("file", ""), row.get("sha256", "").casefold()
    if not file and not sha256:
        return RowRefused(line, None, "file: is empty.")
    try:
        confidence = number(row["confidence"]) if row.get("confidence") else None
        box = _box(row)
        size = (
            (number(row["width"]), number(row["height"])) if row.get("width") and row.get("height") else None
        )
    except ValueError as error:
        return RowRefused(line, file or sha256, f"{error}.")
    label = row["label"]
    if not label and box:
        return RowRefused(line, file or sha256, "label: is empty beside a box.")
    marks = (Mark(label, box, confidence, line),) if label else ()
    return Found(file or sha256, row=line, marks=marks, sha256=sha256, size=size, whole=False)


def _box(row: dict[str, str]) -> Box | None:
    given = [row.get(corner, "") for corner in CORNERS]
    if not any(given):
        return None
    sides = []
    for corner, cell in zip(CORNERS, given, strict=True):
        try:
            sides.append(number(cell))
        except ValueError as error:
            raise ValueError(f"{corner}: {error}") from None
    return sides[0], sides[1], sides[2], sides[3]
