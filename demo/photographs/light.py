"""Turns a clean drawing into what a sensor saw: light, sun, haze, smears, vignette and noise."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .cameras import FRAME, Condition

WIDE, HIGH = FRAME
COARSE = (WIDE // 4, HIGH // 4)
TINTS = {"daylight": (0.98, 1.0, 1.03), "lamps": (1.06, 0.97, 0.82), "low sun": (1.07, 1.0, 0.88)}
GAINS = {"daylight": (1.04, 1.3), "lamps": (0.74, 1.0), "low sun": (1.04, 1.22)}
NOISE = {"daylight": 2.2, "lamps": 4.2, "low sun": 2.0}


def expose(drawing: Image.Image, condition: Condition, rng: np.random.Generator) -> Image.Image:
    """`drawing` (RGB, FRAME pixels) as the camera records it under `condition`: same size and mode."""
    if condition.lens == "smeared":
        drawing = _smear(drawing, rng)
    pixels = np.asarray(drawing, dtype=np.float32)
    gain = float(rng.uniform(*GAINS[condition.lighting]))
    light = gain * _slope(rng) * _vignette()
    tint = np.array(TINTS[condition.lighting], np.float32) * rng.normal(1, 0.015, 3).astype(np.float32)
    if condition.lighting == "low sun":
        sun, haze = _sun(rng)
        light = light * (0.84 + 0.8 * sun)
        pixels = pixels * (light[..., None] * tint)
        veil = np.array((255, 238, 204), np.float32)
        cover = (0.14 * sun + haze)[..., None]
        pixels = pixels * (1 - cover) + veil * cover
    else:
        pixels = pixels * (light[..., None] * tint)
    if condition.lens == "smeared":
        pixels = 0.72 * pixels + np.array((52, 50, 46), np.float32)
    grain = rng.standard_normal((HIGH, WIDE), dtype=np.float32) * np.float32(NOISE[condition.lighting])
    pixels += grain[..., None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGB")


def _enlarged(coarse: np.ndarray) -> np.ndarray:
    return np.asarray(
        Image.fromarray(coarse.astype(np.float32), "F").resize(FRAME, Image.Resampling.BILINEAR)
    )


def _slope(rng: np.random.Generator) -> np.ndarray:
    """Light falling off in a random direction: HIGH by WIDE, about 0.8 to 1.2."""
    angle = rng.uniform(0, 2 * np.pi)
    strength = rng.uniform(0.04, 0.2)
    x = np.linspace(-1, 1, WIDE, dtype=np.float32)[None, :] * np.float32(np.cos(angle) * strength)
    y = np.linspace(-1, 1, HIGH, dtype=np.float32)[:, None] * np.float32(np.sin(angle) * strength)
    return 1 + x + y


@lru_cache(maxsize=1)
def _vignette() -> np.ndarray:
    x = np.linspace(-1, 1, WIDE, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, HIGH, dtype=np.float32)[:, None]
    return 1.04 - 0.2 * (x * x + y * y) ** 1.2


def _sun(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Where the sun falls through the windows (0..1) and the haze it raises (0..1), both HIGH by WIDE."""
    wide, high = COARSE
    patches = Image.new("L", COARSE)
    draw = ImageDraw.Draw(patches)
    lean = float(rng.uniform(0.35, 0.9)) * (1 if rng.random() < 0.5 else -1)
    x = float(rng.uniform(-0.5, 0.25)) * wide
    for _ in range(int(rng.integers(2, 5))):
        pane = float(rng.uniform(0.14, 0.32)) * wide
        draw.polygon(
            [(x, 0), (x + pane, 0), (x + pane + lean * high, high), (x + lean * high, high)],
            fill=int(rng.integers(170, 256)),
        )
        x += pane + float(rng.uniform(0.05, 0.16)) * wide
    soft = patches.filter(ImageFilter.GaussianBlur(1.6))
    sun = _enlarged(np.asarray(soft, dtype=np.float32) / 255)
    cx, cy = rng.uniform(0, wide), rng.uniform(-0.1, 0.5) * high
    yy, xx = np.mgrid[0:high, 0:wide].astype(np.float32)
    glow = np.exp(-((xx - cx) ** 2 + (yy - cy) ** 2) / (2 * (0.3 * wide) ** 2))
    return sun, _enlarged(0.06 + 0.34 * glow)


def _smear(drawing: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Everything a little soft; behind the smears, very soft and greyish."""
    wide, high = COARSE
    mask = Image.new("L", COARSE)
    draw = ImageDraw.Draw(mask)
    for _ in range(int(rng.integers(5, 10))):
        x, y, r = rng.uniform(0, wide), rng.uniform(0, high), rng.uniform(6, 24)
        stretch = rng.uniform(0.4, 1.4)
        draw.ellipse((x - r, y - r * stretch, x + r, y + r * stretch), fill=int(rng.integers(110, 240)))
    for _ in range(int(rng.integers(2, 5))):
        x, y = rng.uniform(0, wide), rng.uniform(0, high)
        dx, dy = rng.uniform(-50, 50), rng.uniform(-20, 20)
        draw.line((x, y, x + dx, y + dy), fill=int(rng.integers(120, 220)), width=int(rng.integers(3, 9)))
    mask = mask.filter(ImageFilter.GaussianBlur(4)).resize(FRAME, Image.Resampling.BILINEAR)
    soft = drawing.filter(ImageFilter.GaussianBlur(1.1))
    small = drawing.resize(COARSE, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(2.2))
    grimy = Image.blend(small, Image.new("RGB", COARSE, (120, 116, 106)), 0.38)
    return Image.composite(grimy.resize(FRAME, Image.Resampling.BILINEAR), soft, mask)
