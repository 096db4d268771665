"""Synthetic shelves for detectors: discs, bars and frames in rows before a wall of any colour, their boxes known."""

import hashlib
import io

import numpy as np
from PIL import Image, ImageDraw

from inference.training.options import BoxRow, KnownBox

THINGS = ("disc", "bar", "frame")
SIZE = 120, 90


def shelf(seed: int, most: int = 4) -> tuple[bytes, list[KnownBox]]:
    """A PNG and the boxes in it; none in about one of twelve."""
    random = np.random.default_rng(seed)
    width, height = SIZE
    wall = random.integers(60, 200, 3)
    pixels = np.clip(wall + random.normal(0, 10, (height, width, 3)), 0, 255).astype(np.uint8)
    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    boxes: list[KnownBox] = []
    for _ in range(0 if random.random() < 1 / 12 else int(random.integers(1, most + 1))):
        side = int(random.integers(22, 40))
        kind = THINGS[int(random.integers(3))]
        wide, high = (side, side) if kind != "bar" else (side + 10, side // 2)
        x, y = int(random.integers(1, width - wide - 1)), int(random.integers(1, height - high - 1))
        place = (x, y, x + wide, y + high)
        if any(_touch(place, known.box) for known in boxes):
            continue
        colour = tuple(int(c) for c in (wall + random.choice([-70, 70], 3)).clip(0, 255))
        drawn = (place[0], place[1], place[2] - 1, place[3] - 1)
        if kind == "disc":
            draw.ellipse(drawn, fill=colour)
        elif kind == "bar":
            draw.rectangle(drawn, fill=colour)
        else:
            draw.rectangle(drawn, outline=colour, width=6)
        boxes.append(KnownBox(kind, tuple(float(c) for c in place)))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue(), boxes


def shelves(**counts: int) -> tuple[list[BoxRow], dict[str, bytes]]:
    """Rows and their files by sha256: so many shelves a split."""
    rows, files, seed = [], {}, 0
    for split, count in counts.items():
        for _ in range(count):
            data, boxes = shelf(seed)
            seed += 1
            sha256 = hashlib.sha256(data).hexdigest()
            files[sha256] = data
            rows.append(BoxRow(sha256, tuple(boxes), *SIZE, split))
    return rows, files


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(min(one[i + 2], other[i + 2]) > max(one[i], other[i]) - 2 for i in (0, 1))
