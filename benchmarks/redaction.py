"""How many faces and number plates are filled, of those that somebody drew boxes around.

usage: redaction.py FOLDER [--boxes FOLDER/boxes.csv] [--detector FILE.onnx] [--covered 0.8]

FOLDER holds photographs, in whichever folders below it. boxes.csv has a row for each face and plate in them: file (its
path below FOLDER), what (face or plate), left, top, right, bottom in pixels of the upright picture; photographs that it
does not name show none, and without it none does. A box counts as covered when what is filled hides --covered of its
area. Prints one JSON line: by what, `covered` of `boxes` and the recall with Wilson's 95% interval, by the width of the
box in hundredths of the picture's longer side too; in which share of the photographs without a box something was
filled all the same; and the time a photograph takes. Searching is what intake does, by the same function.
"""

import argparse
import csv
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

sys.path.append(str(Path(__file__).resolve().parent.parent))

from labeling.domain.intervals import wilson
from labeling.identifying import KINDS, Finder
from labeling.imagefile import ImageRefused, open_upright
from labeling.redaction import Area

WIDTHS = (2, 5, 10, 20, 100)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def boxes_in(file: Path) -> dict[str, list[Area]]:
    """The rows by photograph. Exits naming the row that is none."""
    found: dict[str, list[Area]] = defaultdict(list)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            try:
                area = Area(
                    *(round(float(row[side])) for side in ("left", "top", "right", "bottom")), row["what"]
                )
            except (KeyError, TypeError, ValueError):
                sys.exit(
                    f"{file}, row {number}: needs file, what, left, top, right, bottom, the last four numbers."
                )
            if area.what not in KINDS or area.right <= area.left or area.bottom <= area.top:
                sys.exit(f"{file}, row {number}: {area.what!r} is not face or plate, or the box has no area.")
            found[row["file"]].append(area)
    return found


def share_hidden(box: Area, filled: list[Area], height: int, width: int) -> float:
    """Of the box's area within the picture, 0..1."""
    hidden = np.zeros((height, width), bool)
    for area in filled:
        hidden[area.top : area.bottom, area.left : area.right] = True
    inside = hidden[box.top : box.bottom, box.left : box.right]
    return float(inside.mean()) if inside.size else 0.0


def told(covered: list[bool]) -> dict[str, Any]:
    if not covered:
        return {"boxes": 0}
    low, high = wilson(sum(covered), len(covered))
    share = sum(covered) / len(covered)
    return {
        "boxes": len(covered),
        "covered": sum(covered),
        "recall": round(share, 3),
        "low": round(low, 3),
        "high": round(high, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--boxes", type=Path)
    parser.add_argument(
        "--detector", type=Path, help="An ONNX file with YuNet's outputs, in place of face cascades."
    )
    parser.add_argument("--covered", type=float, default=0.8)
    options = parser.parse_args()
    file = options.boxes or options.folder / "boxes.csv"
    if options.boxes and not file.exists():
        sys.exit(f"{file} is not there.")
    boxes = boxes_in(file) if file.exists() else {}
    photographs = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    names = {str(path.relative_to(options.folder)) for path in photographs}
    if missing := sorted(set(boxes) - names):
        sys.exit(f"{file} names {missing[0]}, which is not in {options.folder}.")
    finder = Finder(KINDS, options.detector.read_bytes() if options.detector else None)
    covered: dict[str, list[bool]] = defaultdict(list)
    by_width: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    without = filled_without = unreadable = 0
    seconds = []
    for path in tqdm(photographs, file=sys.stderr, disable=not sys.stderr.isatty()):
        try:
            picture = np.asarray(open_upright(path.read_bytes()))
        except ImageRefused:
            unreadable += 1
            continue
        begun = time.perf_counter()
        filled = finder.find(picture)
        seconds.append(time.perf_counter() - begun)
        drawn = boxes.get(str(path.relative_to(options.folder)), [])
        without += not drawn
        filled_without += not drawn and bool(filled)
        for box in drawn:
            is_covered = share_hidden(box, filled, *picture.shape[:2]) >= options.covered
            width = 100 * (box.right - box.left) / max(picture.shape[:2])
            covered[box.what].append(is_covered)
            by_width[box.what][next(f"≤{most}" for most in WIDTHS if width <= most or most == 100)].append(
                is_covered
            )
    said = {
        "photographs": len(seconds),
        "unreadable": unreadable,
        **{
            kind: told(covered[kind])
            | {"by_width": {name: told(each) for name, each in by_width[kind].items()}}
            for kind in KINDS
        },
        "without_a_box": without,
        "filled_without_a_box": round(filled_without / without, 4) if without else None,
        "median_ms": round(1000 * float(np.median(seconds)), 1) if seconds else None,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
