"""Draws one product, front on, as a shaded sprite: carton, milk bottle, pot, bottle, can, bag, jar or box."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from .motifs import paint_motif
from .product import Product, pixel_size

OVERSAMPLING = 4

# Each silhouette: (height from the top, half width), both as shares of the sprite.
SILHOUETTES: dict[str, list[tuple[float, float]]] = {
    "carton": [(0, 0.43), (0.05, 0.43), (0.055, 0.41), (0.19, 0.5), (1, 0.5)],
    "milk": [(0, 0.17), (0.085, 0.17), (0.09, 0.13), (0.13, 0.14), (0.32, 0.5), (0.96, 0.5), (1, 0.45)],
    "pot": [(0, 0.5), (0.07, 0.5), (0.075, 0.46), (1, 0.37)],
    "bottle": [
        (0, 0.16),
        (0.07, 0.16),
        (0.075, 0.13),
        (0.15, 0.14),
        (0.36, 0.47),
        (0.42, 0.5),
        (0.58, 0.47),
        (0.8, 0.5),
        (0.96, 0.5),
        (1, 0.42),
    ],
    "can": [(0, 0.41), (0.03, 0.42), (0.09, 0.5), (0.93, 0.5), (0.98, 0.43), (1, 0.42)],
    "bag": [(0, 0.48), (0.05, 0.45), (0.14, 0.47), (0.5, 0.5), (0.86, 0.47), (0.95, 0.45), (1, 0.48)],
    "jar": [
        (0, 0.42),
        (0.02, 0.43),
        (0.14, 0.43),
        (0.145, 0.39),
        (0.18, 0.4),
        (0.26, 0.5),
        (0.94, 0.5),
        (1, 0.44),
    ],
    "box": [(0, 0.49), (1, 0.49)],
}
# Where the printed face lies: from and to, as shares of the height.
PRINTED = {
    "carton": (0.22, 0.97),
    "milk": (0.42, 0.86),
    "pot": (0.14, 0.94),
    "bottle": (0.42, 0.8),
    "can": (0.1, 0.92),
    "bag": (0.1, 0.9),
    "jar": (0.34, 0.86),
    "box": (0.03, 0.97),
}
CAPS = {"milk": 0.09, "pot": 0.07, "bottle": 0.075, "jar": 0.14, "can": 0.06}
ROUND = frozenset(CAPS)


@lru_cache(maxsize=4096)
def sprite(product: Product, clear: int, scale: float, brightness: float, stack: int) -> Image.Image:
    """An RGBA sprite, `stack` pieces high, made smaller and darker by its depth on the shelf."""
    width, height = (max(4, round(side * scale)) for side in pixel_size(product, clear))
    piece = _face(product, width, height)
    pixels = np.asarray(piece).astype(np.float32)
    pixels[..., :3] *= brightness
    piece = Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGBA")
    if stack == 1:
        return piece
    pile = Image.new("RGBA", (width, height * stack))
    for level in range(stack):
        pile.paste(piece, (0, level * height))
    return pile


def _face(product: Product, width: int, height: int) -> Image.Image:
    wide, high = width * OVERSAMPLING, height * OVERSAMPLING
    design = Image.new("RGB", (wide, high), product.body)
    top, bottom = PRINTED[product.kind]
    paint_motif(design, (0, round(top * high), wide, round(bottom * high)), product)
    _paint_closure(design, product)

    t = (np.arange(high, dtype=np.float32)[:, None] + 0.5) / high
    points = SILHOUETTES[product.kind]
    half = np.interp(t, [p[0] for p in points], [p[1] for p in points]).astype(np.float32)
    x = (np.arange(wide, dtype=np.float32)[None, :] + 0.5) / wide - 0.5
    u = x / half
    inside = np.abs(u) <= 1
    if product.kind == "bag":
        teeth = 0.012 * np.abs(((x * 22) % 1) - 0.5) * 2
        inside &= (t > teeth) & (t < 1 - teeth)
    diffuse, gloss = _shading(product.kind, u.clip(-1, 1), t)
    pixels = np.asarray(design, dtype=np.float32) * diffuse[..., None] + 255 * gloss[..., None]
    rgba = np.dstack([pixels.clip(0, 255), inside * np.float32(255)]).astype(np.uint8)
    return Image.fromarray(rgba, "RGBA").resize((width, height), Image.Resampling.BOX)


def _paint_closure(design: Image.Image, product: Product) -> None:
    draw = ImageDraw.Draw(design)
    wide, high = design.size
    cap = product.cap
    darker = tuple(int(c * 0.78) for c in cap)
    if product.kind in CAPS:
        edge = round(CAPS[product.kind] * high)
        draw.rectangle((0, 0, wide, edge), fill=cap)
        draw.rectangle((0, edge - max(2, high // 90), wide, edge), fill=darker)
        if product.kind == "can":
            draw.rectangle((0, round(0.955 * high), wide, high), fill=darker)
    elif product.kind == "carton":
        roof = round(0.19 * high)
        draw.rectangle((0, 0, wide, roof), fill=tuple(int(c + (255 - c) * 0.25) for c in product.body))
        draw.rectangle((0, 0, wide, round(0.055 * high)), fill=product.accent)
        draw.line((0, roof, wide, roof), fill=darker, width=max(2, high // 110))
        radius = 0.13 * wide
        draw.ellipse(
            (wide / 2 - radius, 0.12 * high - radius, wide / 2 + radius, 0.12 * high + radius), fill=cap
        )
        draw.arc(
            (wide / 2 - radius, 0.12 * high - radius, wide / 2 + radius, 0.12 * high + radius),
            0,
            180,
            fill=darker,
            width=max(2, wide // 40),
        )
    elif product.kind == "bag":
        for edge in (round(0.045 * high), round(0.955 * high)):
            draw.line((0, edge, wide, edge), fill=darker, width=max(2, high // 120))


def _shading(kind: str, u: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Diffuse factor and gloss (both of the sprite's shape) at `u` across (-1..1) and `t` down (0..1)."""
    if kind in ROUND:
        diffuse = 0.42 + 0.62 * np.sqrt(np.clip(1 - (0.9 * u + 0.14) ** 2, 0, 1))
        gloss = 0.3 * np.exp(-(((u + 0.5) / 0.1) ** 2)) + 0.07 * np.exp(-(((u - 0.62) / 0.12) ** 2))
        return diffuse, gloss * np.ones_like(t)
    if kind == "bag":
        folds = (
            0.07 * np.sin(5 * u + 9 * t) + 0.05 * np.sin(11 * u - 6 * t + 1) + 0.05 * np.sin(17 * t + 2 * u)
        )
        diffuse = 0.58 + 0.44 * (1 - np.abs(u) ** 3) + folds
        gloss = 0.22 * np.exp(-(((u + 0.42 + 0.16 * np.sin(7 * t)) / 0.13) ** 2)) * np.sin(np.pi * t)
        seam = (t < 0.05) | (t > 0.95)
        return np.where(seam, 0.86 + 0.1 * np.sin(40 * u), diffuse), gloss
    diffuse = 1.03 - 0.06 * (u + 1) - 0.1 * t - 0.3 * (np.abs(u) > 0.955) * (u > 0)
    gloss = 0.07 * np.exp(-(((u + 0.94) / 0.05) ** 2)) * np.ones_like(t)
    return diffuse, gloss
