"""Draws a customer seen from behind: jacket, hair, perhaps a backpack, perhaps an arm that reaches out."""

import numpy as np
from PIL import Image, ImageDraw

from .brush import Outline, curve, pick, shaded, tone
from .cameras import Colour

CLOTHES: tuple[Colour, ...] = (
    (46, 64, 87),
    (176, 58, 46),
    (224, 214, 196),
    (60, 62, 66),
    (92, 122, 84),
    (196, 152, 74),
    (112, 72, 110),
    (214, 218, 222),
    (38, 110, 128),
    (150, 110, 84),
    (232, 120, 60),
    (28, 30, 36),
)
SKINS: tuple[Colour, ...] = ((241, 205, 176), (222, 170, 132), (176, 120, 84), (116, 76, 52), (84, 54, 38))
HAIRS: tuple[Colour, ...] = (
    (36, 26, 20),
    (84, 56, 34),
    (188, 146, 84),
    (170, 166, 160),
    (20, 18, 18),
    (120, 60, 34),
)


def draw_customer(layer: Image.Image, x: float, rng: np.random.Generator) -> None:
    """Somebody reading the shelf, about `x` (the layer's pixels), as tall as the layer or nearly."""
    high = layer.height
    clothes, skin, hair = pick(CLOTHES, rng), pick(SKINS, rng), pick(HAIRS, rng)
    size = high * float(rng.uniform(0.92, 1.18))
    head = high * float(rng.uniform(0.1, 0.3))
    r = 0.098 * size
    neck, shoulder = head + 1.0 * r, head + 1.75 * r
    half = 2.25 * r
    side = 1 if rng.random() < 0.5 else -1
    shaded(
        layer,
        [(x - 0.48 * r, head), (x + 0.48 * r, head), (x + 0.6 * r, shoulder), (x - 0.6 * r, shoulder)],
        tone(skin, 0.86),
    )
    if rng.random() < 0.6:
        reach = x + side * half * float(rng.uniform(1.1, 1.5))
        lift = head + r * float(rng.uniform(-0.4, 1.2))
        shaded(
            layer,
            curve(
                [
                    (x + side * 0.9 * half, shoulder),
                    (reach - side * 0.5 * r, lift),
                    (reach + side * 0.3 * r, lift + 0.2 * r),
                    (x + side * 1.05 * half, shoulder + 2.4 * r),
                ]
            ),
            tone(clothes, 0.86),
        )
        shaded(
            layer,
            curve(
                [
                    (reach - 0.4 * r, lift),
                    (reach - 0.1 * r, lift - 0.75 * r),
                    (reach + 0.4 * r, lift - 0.5 * r),
                    (reach + 0.4 * r, lift + 0.15 * r),
                ]
            ),
            skin,
        )
    torso = curve(
        [
            (x - 0.6 * r, neck + 0.2 * r),
            (x + 0.6 * r, neck + 0.2 * r),
            (x + 0.86 * half, shoulder + 0.1 * r),
            (x + half, shoulder + 1.3 * r),
            (x + 1.02 * half, high + 40),
            (x - 1.02 * half, high + 40),
            (x - half, shoulder + 1.3 * r),
            (x - 0.86 * half, shoulder + 0.1 * r),
        ]
    )
    shaded(layer, torso, clothes)
    draw = ImageDraw.Draw(layer)
    for edge in (-1, 1):
        draw.line(
            _open_fold(x + edge * 0.7 * half, shoulder + 1.5 * r, high, edge * 8),
            fill=tone(clothes, 0.62),
            width=4,
        )
    draw.arc(
        (x - 0.8 * r, neck - 0.3 * r, x + 0.8 * r, neck + 0.9 * r), 20, 160, fill=tone(clothes, 0.6), width=5
    )
    if rng.random() < 0.4:
        _backpack(layer, x, shoulder, half, r, pick([c for c in CLOTHES if c != clothes], rng))
    _head(layer, x, head, r, skin, hair, rng)


def _head(
    layer: Image.Image, x: float, head: float, r: float, skin: Colour, hair: Colour, rng: np.random.Generator
) -> None:
    draw = ImageDraw.Draw(layer)
    shaded(
        layer,
        curve(
            [
                (x, head - 1.12 * r),
                (x + 0.84 * r, head - 0.5 * r),
                (x + 0.8 * r, head + 0.4 * r),
                (x, head + 1.02 * r),
                (x - 0.8 * r, head + 0.4 * r),
                (x - 0.84 * r, head - 0.5 * r),
            ]
        ),
        skin,
    )
    fall = float(rng.choice([0.35, 0.7, 1.9]))
    shaded(
        layer,
        curve(
            [
                (x, head - 1.2 * r),
                (x + 0.9 * r, head - 0.6 * r),
                (x + 0.88 * r, head + fall * r),
                (x, head + (fall + 0.2) * r),
                (x - 0.88 * r, head + fall * r),
                (x - 0.9 * r, head - 0.6 * r),
            ]
        ),
        hair,
        bend=0.5,
    )
    crown = head - 0.85 * r
    for strand in np.linspace(-0.75, 0.75, 11):
        draw.line(
            ((x, crown), (x + 0.7 * strand * r, head - 0.3 * r), (x + strand * r, head + 0.9 * fall * r)),
            fill=tone(hair, float(rng.uniform(0.66, 1.2))),
            width=3,
            joint="curve",
        )


def _backpack(layer: Image.Image, x: float, shoulder: float, half: float, r: float, colour: Colour) -> None:
    draw = ImageDraw.Draw(layer)
    for edge in (-1, 1):
        draw.line(
            (x + edge * 0.5 * half, shoulder - 0.3 * r, x + edge * 0.52 * half, shoulder + r),
            fill=tone(colour, 0.7),
            width=round(0.3 * r),
        )
    top, bottom = shoulder + 0.5 * r, shoulder + 4.8 * r
    shaded(
        layer,
        curve(
            [
                (x - half * 0.5, top + 0.1 * r),
                (x, top - 0.1 * r),
                (x + half * 0.5, top + 0.1 * r),
                (x + half * 0.62, top + r),
                (x + half * 0.66, bottom),
                (x - half * 0.66, bottom),
                (x - half * 0.62, top + r),
            ]
        ),
        colour,
    )
    middle = top + 2.3 * r
    draw.arc(
        (x - half * 0.52, top + 0.2 * r, x + half * 0.52, middle), 190, 350, fill=tone(colour, 0.55), width=5
    )
    shaded(
        layer,
        curve(
            [
                (x - half * 0.46, middle),
                (x + half * 0.46, middle),
                (x + half * 0.48, bottom - 0.3 * r),
                (x - half * 0.48, bottom - 0.3 * r),
            ]
        ),
        tone(colour, 0.88),
    )
    draw.line(
        (x - half * 0.4, middle + 0.2 * r, x + half * 0.4, middle + 0.2 * r), fill=tone(colour, 0.5), width=5
    )


def _open_fold(x: float, top: float, bottom: float, sway: float) -> Outline:
    t = np.linspace(0, 1, 12)
    return [tuple(p) for p in np.stack([x + sway * np.sin(3 * t), top + (bottom - top) * t], 1)]
