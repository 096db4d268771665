"""Photographs with faces and plates for `redaction.py`, where nobody has drawn boxes of their own.

usage: faces_at_hand.py FOLDER && redaction.py FOLDER

Takes what scikit-image brings in its wheel (`pip install --no-deps scikit-image`, which nothing else here needs): a
photograph of an astronaut (NASA, public domain), whose one face was boxed by hand, and 100 faces and 100 pieces of
background of Labeled Faces in the Wild, 25 by 25 pixels each, without a box but their own edge. Each of these is set,
enlarged, into a photograph of gravel or of bricks, faces once a tenth and once a twentieth of it wide. That is kinder
than a shop: every face looks at the camera, is lit and sharp for its size, and stands alone. Number plates there are
none: they are drawn, as the cascades know them, with another number and size each, to have seen one found at all.
Prints how many of each are in FOLDER, as one JSON line.
"""

import csv
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIDE = 512
SHARES = (0.1, 0.05)
ASTRONAUT = (178, 65, 268, 180)
"""Left, top, right, bottom of the face, hairline to chin, as drawn by hand."""
PLATES = 40
LETTERS = "ABEKMHOPCTYX"
"""Those that Russian plates have."""


def data_folder() -> Path:
    """Where scikit-image keeps its photographs; it is not imported."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("scikit-image is not installed: pip install --no-deps scikit-image")
    return Path(spec.submodule_search_locations[0]) / "data"


def set_into(ground: Image.Image, patch: np.ndarray, width: int, random: np.random.Generator) -> tuple:
    """A patch [25, 25] of 0..1, enlarged, somewhere in a copy of the ground; the picture and the patch's box."""
    left, top = (int(random.integers(0, SIDE - width)) for _ in range(2))
    picture = ground.copy()
    picture.paste(
        Image.fromarray(np.uint8(patch * 255)).resize((width, width), Image.Resampling.BICUBIC), (left, top)
    )
    return picture, (left, top, left + width, top + width)


def plate(ground: Image.Image, random: np.random.Generator) -> tuple:
    """A drawn plate somewhere in a copy of the ground, and its box."""
    width = int(random.integers(100, 220))
    height = round(width * 112 / 520)
    left, top = int(random.integers(0, SIDE - width)), int(random.integers(0, SIDE - height))
    picture = ground.convert("RGB")
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle(
        (left, top, left + width, top + height), height / 8, "white", "black", max(1, height // 16)
    )
    letters, digits = random.choice(list(LETTERS), 3), random.integers(0, 10, 5)
    number = (
        f"{letters[0]} {digits[0]}{digits[1]}{digits[2]} {letters[1]}{letters[2]}  {digits[3]}{digits[4]}"
    )
    middle = (left + width / 2, top + height / 2)
    pen.text(middle, number, "black", ImageFont.load_default(height * 0.72), anchor="mm")
    return picture.filter(ImageFilter.GaussianBlur(0.6)), (left, top, left + width, top + height)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__))
    folder.mkdir(parents=True, exist_ok=True)
    data, random = data_folder(), np.random.default_rng(0)
    grounds = [Image.open(data / name).convert("L") for name in ("gravel.png", "brick.png")]
    patches = np.load(data / "lfw_subset.npy")
    rows = []

    def keep(name: str, picture: Image.Image, what: str = "", box: tuple = ()) -> None:
        picture.save(folder / f"{name}.png")
        if what:
            rows.append([f"{name}.png", what, *box])

    keep("astronaut", Image.open(data / "astronaut.png").convert("RGB"), "face", ASTRONAUT)
    for number, patch in enumerate(patches[:100]):
        for share in SHARES:
            made, box = set_into(grounds[number % 2], patch, round(SIDE * share), random)
            keep(f"face-{number}-{share}", made, "face", box)
    for number, patch in enumerate(patches[100:]):
        keep(f"background-{number}", set_into(grounds[number % 2], patch, round(SIDE * SHARES[0]), random)[0])
    for number in range(PLATES):
        made, box = plate(grounds[number % 2], random)
        keep(f"plate-{number}", made, "plate", box)
    with (folder / "boxes.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["file", "what", "left", "top", "right", "bottom"], *rows])
    kinds = {what: sum(row[1] == what for row in rows) for what in ("face", "plate")}
    print(json.dumps({**kinds, "without": len(patches) - 100}))


if __name__ == "__main__":
    main()
