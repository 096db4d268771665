"""Strokes the drawings share: a random pick, a lighter or darker tone, a smooth curve, a rounded surface."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from PIL import Image, ImageDraw

from .cameras import Colour

Choice = TypeVar("Choice")
Outline = list[tuple[float, float]]


def pick(choices: Sequence[Choice], rng: np.random.Generator) -> Choice:
    """One of `choices`, each as likely."""
    return choices[int(rng.integers(len(choices)))]


def tone(colour: Colour, factor: float) -> Colour:
    """`colour` with every channel multiplied by `factor`, kept within 0..255."""
    return tuple(max(0, min(255, round(channel * factor))) for channel in colour)  # type: ignore[return-value]


def curve(points: Outline) -> Outline:
    """A closed Catmull-Rom curve through `points`, eight steps a span."""
    p = np.array(points)
    before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    spans = []
    for t in np.arange(8) / 8:
        spans.append(
            0.5
            * (
                2 * p
                + (after - before) * t
                + (2 * before - 5 * p + 4 * after - beyond) * t**2
                + (3 * p - before - 3 * after + beyond) * t**3
            )
        )
    return [tuple(q) for q in np.stack(spans, 1).reshape(-1, 2)]


def shaded(layer: Image.Image, shape: Outline, colour: Colour, bend: float = 0.34) -> None:
    """Fill `shape` with `colour`, rounded: `bend` (0..1) is how much darker its edges are."""
    xs, ys = [p[0] for p in shape], [p[1] for p in shape]
    left, top = int(max(0, min(xs))), int(max(0, min(ys)))
    right, bottom = int(min(layer.width, max(xs) + 1)), int(min(layer.height, max(ys) + 1))
    if right - left < 2 or bottom - top < 2:
        return
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in shape], fill=255)
    u = (np.arange(left, right) - min(xs)) / max(1.0, max(xs) - min(xs)) * 2 - 1
    light = 1.06 - bend * np.abs(u + 0.2) ** 2
    row = (np.array(colour)[None, :] * light[:, None]).clip(0, 255).astype(np.uint8)[None]
    layer.paste(Image.fromarray(row, "RGB").resize(mask.size), (left, top), mask)
