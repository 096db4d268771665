"""Takes one synthetic photograph: stock the shelf, draw it, turn the camera, block the view, expose."""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from .cameras import CANVAS, FRAME, Camera, context, find_camera, find_condition, find_label
from .catalogue import CATALOGUE
from .light import expose
from .motifs import font
from .obstacles import block
from .shelf import draw_bay
from .stock import stock

QUALITY = 68


@dataclass(frozen=True)
class Photograph:
    """A JPEG of FRAME pixels with the truth about it; `context` is JSON-able and says it is synthetic."""

    jpeg: bytes
    context: dict
    label: str
    camera: str
    condition: str


def photograph(*, camera: str, label: str, condition: str, rng: np.random.Generator) -> Photograph:
    """One photograph by `camera` of a shelf that is truly `label`, under `condition`.

    The same arguments and a generator in the same state give the same bytes. ValueError names the choices
    when a key is unknown.
    """
    seen_by, truth, circumstances = find_camera(camera), find_label(label), find_condition(condition)
    products = CATALOGUE[seen_by.key, circumstances.packaging]
    scene = _look(draw_bay(seen_by, stock(seen_by.tiers, products, truth.key, rng), rng), seen_by, rng)
    if truth.key == "blocked":
        block(scene, products, float(rng.uniform(0.3, 0.7)), rng)
    elif rng.random() < 0.1:
        block(scene, products, float(rng.choice([-0.2, 1.2])), rng)
    picture = expose(scene, circumstances, rng)
    picture.paste(_tag(), (FRAME[0] - _tag().width - 6, FRAME[1] - _tag().height - 6), _tag())
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    lux = round(circumstances.lux * float(rng.lognormal(0, 0.12)))
    return Photograph(file.getvalue(), {**context(condition), "lux": lux}, label, camera, condition)


def _look(canvas: Image.Image, camera: Camera, rng: np.random.Generator) -> Image.Image:
    """What the camera sees of the canvas: its own view, knocked about a little (pan, zoom, tilt)."""
    view = np.array(camera.view, float)
    middle = view.mean(axis=0)
    angle = np.deg2rad(rng.normal(0, 0.9))
    turn = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    view = (
        (view - middle) @ turn.T * rng.uniform(0.86, 1.0)
        + middle
        + rng.normal(0, 7, 2)
        + rng.normal(0, 3, (4, 2))
    )
    view = view.clip((2, 2), (CANVAS[0] - 2, CANVAS[1] - 2))
    return canvas.transform(FRAME, Image.Transform.PERSPECTIVE, _homography(view), Image.Resampling.BILINEAR)


def _homography(view: np.ndarray) -> list[float]:
    """Pillow's eight coefficients from the frame's corners to `view` (4 by 2, clockwise from top left)."""
    wide, high = FRAME
    rows, goals = [], []
    for (x, y), (u, v) in zip(((0, 0), (wide, 0), (wide, high), (0, high)), view, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        goals += [u, v]
    return np.linalg.solve(np.array(rows, float), np.array(goals, float)).tolist()


@lru_cache(maxsize=1)
def _tag() -> Image.Image:
    words = "synthetic"
    left, top, right, bottom = font(11).getbbox(words)
    tag = Image.new("RGBA", (int(right - left) + 12, int(bottom - top) + 9))
    draw = ImageDraw.Draw(tag)
    draw.rounded_rectangle((0, 0, tag.width - 1, tag.height - 1), radius=4, fill=(12, 14, 18, 150))
    draw.text((tag.width / 2, tag.height / 2), words, font=font(11), fill=(255, 255, 255, 225), anchor="mm")
    return tag
