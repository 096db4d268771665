"""Paints what is printed on a product: the motif in its two colours and the brand's name."""

import math
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from .product import Product

Box = tuple[int, int, int, int]


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The typeface that comes with Pillow, at `size` pixels: the same drawing on every machine."""
    return ImageFont.load_default(size=size)


def paint_motif(design: Image.Image, box: Box, product: Product) -> None:
    """Paint the product's motif inside `box` (left, top, right, bottom, in the design's pixels)."""
    MOTIFS[product.motif](ImageDraw.Draw(design), box, product)


def _brand(draw: ImageDraw.ImageDraw, box: Box, product: Product, at: float, share: float, fill) -> None:
    left, top, right, bottom = box
    width = right - left
    size = max(10, min(int(share * (bottom - top)), int(1.5 * width / max(3, len(product.brand)))))
    draw.text(
        (left + width / 2, top + at * (bottom - top)),
        product.brand,
        font=font(size),
        fill=fill,
        anchor="mm",
        stroke_width=max(1, size // 18),
        stroke_fill=fill,
    )


def _small_print(draw: ImageDraw.ImageDraw, box: Box, product: Product, at: float) -> None:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    thick = max(2, height // 60)
    for line, reach in enumerate((0.2, 0.14)):
        y = top + at * height + line * 3 * thick
        draw.line(
            (left + (0.5 - reach) * width, y, left + (0.5 + reach) * width, y), fill=product.ink, width=thick
        )


def _band(draw: ImageDraw.ImageDraw, box: Box, product: Product) -> None:
    left, top, right, bottom = box
    height = bottom - top
    draw.rectangle((left, top + 0.3 * height, right, top + 0.62 * height), fill=product.accent)
    draw.rectangle((left, top + 0.64 * height, right, top + 0.67 * height), fill=product.accent)
    _brand(draw, box, product, 0.46, 0.26, product.ink)
    _small_print(draw, box, product, 0.8)


def _disc(draw: ImageDraw.ImageDraw, box: Box, product: Product) -> None:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    radius = min(0.4 * width, 0.34 * height)
    x, y = left + width / 2, top + 0.44 * height
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=product.accent)
    _brand(draw, box, product, 0.44, 0.2, product.ink)
    draw.rectangle((left, top + 0.87 * height, right, bottom), fill=product.accent)


def _wave(draw: ImageDraw.ImageDraw, box: Box, product: Product) -> None:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    crest = [
        (left + width * i / 24, top + height * (0.56 + 0.09 * math.sin(i / 24 * 2 * math.pi)))
        for i in range(25)
    ]
    draw.polygon([*crest, (right, bottom), (left, bottom)], fill=product.accent)
    _brand(draw, box, product, 0.28, 0.26, product.ink)
    _small_print(draw, box, product, 0.82)


def _split(draw: ImageDraw.ImageDraw, box: Box, product: Product) -> None:
    left, top, right, bottom = box
    height = bottom - top
    draw.polygon(
        [(left, top + 0.62 * height), (right, top + 0.3 * height), (right, bottom), (left, bottom)],
        fill=product.accent,
    )
    _brand(draw, box, product, 0.2, 0.24, product.ink)


def _stripes(draw: ImageDraw.ImageDraw, box: Box, product: Product) -> None:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    for i in range(0, 9, 2):
        draw.rectangle((left + width * i / 9, top, left + width * (i + 1) / 9, bottom), fill=product.accent)
    draw.rounded_rectangle(
        (left + 0.1 * width, top + 0.3 * height, right - 0.1 * width, top + 0.64 * height),
        radius=0.08 * width,
        fill=product.body,
    )
    _brand(draw, box, product, 0.47, 0.22, product.ink)


def _peak(draw: ImageDraw.ImageDraw, box: Box, product: Product) -> None:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    draw.polygon(
        [(left, bottom), (left + 0.42 * width, top + 0.44 * height), (left + 0.62 * width, bottom)],
        fill=product.accent,
    )
    draw.polygon(
        [(left + 0.4 * width, bottom), (left + 0.76 * width, top + 0.58 * height), (right, bottom)],
        fill=tuple(int(c * 0.8) for c in product.accent),
    )
    _brand(draw, box, product, 0.22, 0.26, product.ink)


def _fruit(draw: ImageDraw.ImageDraw, box: Box, product: Product) -> None:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    radius = 0.2 * min(width, height)
    for x, y, tone in ((0.3, 0.72, 0.82), (0.7, 0.7, 0.9), (0.5, 0.6, 1.0)):
        cx, cy = left + x * width, top + y * height
        colour = tuple(int(c * tone) for c in product.accent)
        draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=colour)
        glint = tuple(min(255, int(c + (255 - c) * 0.5)) for c in product.accent)
        draw.ellipse((cx - 0.6 * radius, cy - 0.6 * radius, cx - 0.1 * radius, cy - 0.1 * radius), fill=glint)
    _brand(draw, box, product, 0.22, 0.26, product.ink)


def _plain(draw: ImageDraw.ImageDraw, box: Box, product: Product) -> None:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    _brand(draw, box, product, 0.3, 0.14, product.ink)
    draw.line(
        (left + 0.36 * width, top + 0.42 * height, left + 0.64 * width, top + 0.42 * height),
        fill=product.accent,
        width=max(2, height // 50),
    )
    radius = 0.07 * width
    x, y = left + 0.5 * width, top + 0.78 * height
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=product.accent)


MOTIFS: dict[str, Callable[[ImageDraw.ImageDraw, Box, Product], None]] = {
    "band": _band,
    "disc": _disc,
    "wave": _wave,
    "split": _split,
    "stripes": _stripes,
    "peak": _peak,
    "fruit": _fruit,
    "plain": _plain,
}
