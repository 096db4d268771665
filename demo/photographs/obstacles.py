"""Puts something between camera and shelf: a customer, a trolley, a stack of boxes, a roll cage."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .brush import Outline, pick, shaded, tone
from .cameras import FRAME, Colour
from .customer import CLOTHES, draw_customer
from .product import Product
from .sprites import sprite

WIDE, HIGH = FRAME
OVERSAMPLING = 2
CARTONS: tuple[Colour, ...] = (
    (184, 142, 98),
    (168, 124, 82),
    (202, 164, 120),
    (222, 220, 214),
    (150, 158, 150),
)


def block(scene: Image.Image, products: tuple[Product, ...], centre: float, rng: np.random.Generator) -> None:
    """Put an obstacle in front of `scene` (RGB, FRAME pixels), in place; `centre` is a share of the width."""
    layer = Image.new("RGBA", (WIDE * OVERSAMPLING, HIGH * OVERSAMPLING))
    x = centre * WIDE * OVERSAMPLING
    match str(rng.choice(["customer", "trolley", "boxes", "roll cage"], p=[0.4, 0.2, 0.22, 0.18])):
        case "customer":
            draw_customer(layer, x, rng)
        case "trolley":
            _trolley(layer, x, products, rng)
        case "boxes":
            _boxes(layer, x, rng)
        case "roll cage":
            _roll_cage(layer, x, rng)
    layer = layer.reduce(OVERSAMPLING).filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 0.9))))
    mask = layer.getchannel("A")
    shadow = mask.reduce(8).filter(ImageFilter.GaussianBlur(2)).resize(FRAME, Image.Resampling.BILINEAR)
    scene.paste((8, 8, 12), (int(rng.integers(-26, 27)), 8), shadow.point(lambda value: value * 0.42))
    scene.paste(layer.convert("RGB"), (0, 0), mask)


def _box(
    layer: Image.Image, left: float, top: float, wide: float, high: float, rng: np.random.Generator
) -> None:
    colour = pick(CARTONS, rng)
    depth = 0.16 * wide
    draw = ImageDraw.Draw(layer)
    draw.polygon(
        [
            (left, top),
            (left + depth, top - 0.5 * depth),
            (left + wide + depth, top - 0.5 * depth),
            (left + wide, top),
        ],
        fill=tone(colour, 1.14),
    )
    draw.polygon(
        [
            (left + wide, top),
            (left + wide + depth, top - 0.5 * depth),
            (left + wide + depth, top + high - 0.5 * depth),
            (left + wide, top + high),
        ],
        fill=tone(colour, 0.62),
    )
    shaded(
        layer, [(left, top), (left + wide, top), (left + wide, top + high), (left, top + high)], colour, 0.1
    )
    tape = 0.05 * wide
    draw.rectangle((left + wide / 2 - tape, top, left + wide / 2 + tape, top + high), fill=tone(colour, 0.86))
    draw.rectangle((left, top, left + wide, top + high), outline=tone(colour, 0.6), width=3)
    if rng.random() < 0.7:
        x, y = left + wide * float(rng.uniform(0.06, 0.2)), top + high * float(rng.uniform(0.3, 0.55))
        draw.rectangle((x, y, x + 0.26 * wide, y + 0.3 * high), fill=(240, 240, 236))
        for bar in range(6):
            draw.line(
                (
                    x + (0.03 + bar * 0.035) * wide,
                    y + 0.05 * high,
                    x + (0.03 + bar * 0.035) * wide,
                    y + 0.2 * high,
                ),
                fill=(40, 40, 44),
                width=2 + bar % 3,
            )


def _boxes(layer: Image.Image, x: float, rng: np.random.Generator) -> None:
    """Two or three columns of delivered boxes, unevenly high."""
    wide = layer.width * float(rng.uniform(0.19, 0.25))
    columns = int(rng.integers(2, 4))
    for column in range(columns):
        left = x + (column - columns / 2) * wide * 1.04
        high = wide * float(rng.uniform(0.62, 0.8))
        bottom = layer.height + float(rng.uniform(0, 60))
        for level in range(int(rng.integers(3, 6))):
            _box(layer, left + float(rng.normal(0, 5)), bottom - (level + 1) * high, wide, high - 3, rng)


def _roll_cage(layer: Image.Image, x: float, rng: np.random.Generator) -> None:
    """A wheeled wire cage with boxes in it."""
    half = layer.width * float(rng.uniform(0.2, 0.28))
    top = layer.height * float(rng.uniform(0.06, 0.26))
    wide = half * 0.98
    for level in range(int(rng.integers(2, 5))):
        for column in (-1, 0):
            high = wide * 0.62
            _box(layer, x + column * wide, layer.height - (level + 1) * high - 20, wide - 8, high - 4, rng)
    _wires(
        layer,
        [(x - half, top), (x + half, top), (x + half, layer.height), (x - half, layer.height)],
        9,
        11,
        rng,
    )


def _trolley(layer: Image.Image, x: float, products: tuple[Product, ...], rng: np.random.Generator) -> None:
    """A shopping trolley, with somebody's shopping in it."""
    half = layer.width * float(rng.uniform(0.24, 0.32))
    top, bottom = layer.height * float(rng.uniform(0.3, 0.44)), layer.height * float(rng.uniform(0.82, 0.95))
    for _ in range(int(rng.integers(5, 9))):
        goods = sprite(pick(products, rng), 300, 1.0, 0.95, 1).rotate(float(rng.normal(0, 16)), expand=True)
        layer.paste(
            goods,
            (
                int(x + rng.uniform(-0.75, 0.55) * half - goods.width / 2),
                int(bottom - goods.height - rng.uniform(0, 0.22) * layer.height),
            ),
            goods,
        )
    _wires(
        layer,
        [(x - half, top), (x + half, top), (x + 0.8 * half, bottom), (x - 0.8 * half, bottom)],
        15,
        9,
        rng,
    )
    draw = ImageDraw.Draw(layer)
    handle = pick(CLOTHES, rng)
    draw.rounded_rectangle((x - 1.06 * half, top - 30, x + 1.06 * half, top - 6), radius=12, fill=handle)
    draw.line((x - half, top - 26, x + half, top - 26), fill=tone(handle, 1.4), width=4)
    for edge in (-0.62, 0.62):
        draw.line((x + edge * half, bottom, x + edge * half, layer.height), fill=(120, 124, 130), width=12)


def _wires(layer: Image.Image, quad: Outline, columns: int, rows: int, rng: np.random.Generator) -> None:
    """A grid of bright wires over `quad` (clockwise from top left), with a stout frame."""
    draw = ImageDraw.Draw(layer)
    steel = tone((176, 182, 190), float(rng.uniform(0.6, 1.15)))
    tl, tr, br, bl = (np.array(p) for p in quad)
    for lines, (a, b), (c, d) in ((columns, (tl, tr), (bl, br)), (rows, (tl, bl), (tr, br))):
        for i in range(lines + 1):
            t = i / lines
            start, end = a + (b - a) * t, c + (d - c) * t
            thick = 10 if i in (0, lines) else 4
            draw.line((*start, *end), fill=tone(steel, 0.55), width=thick)
            draw.line((start[0] - 1, start[1] - 1, end[0] - 1, end[1] - 1), fill=steel, width=thick // 2)
