"""What goes wrong with a camera's pictures, at five strengths: darkness, blur, noise, a turn, compression."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter

STRENGTHS = (1, 2, 3, 4, 5)
_BRIGHTNESS = (0.75, 0.6, 0.45, 0.35, 0.25)
_BLUR = (0.006, 0.012, 0.018, 0.026, 0.036)
_NOISE = (8.0, 16.0, 24.0, 36.0, 50.0)
_DEGREES = (3.0, 6.0, 10.0, 15.0, 20.0)
_QUALITY = (40, 25, 15, 10, 6)


def brightness(picture: Image.Image, strength: int) -> Image.Image:
    """Each pixel's light times 0.75 down to 0.25, as a lamp that fails."""
    factor = _BRIGHTNESS[strength - 1]
    return picture.point(lambda value: value * factor)


def blur(picture: Image.Image, strength: int) -> Image.Image:
    """A Gaussian whose deviation is 0.6% to 3.6% of the shorter side, as a lens out of focus or with grease on it."""
    return picture.filter(ImageFilter.GaussianBlur(_BLUR[strength - 1] * min(picture.size)))


def noise(picture: Image.Image, strength: int) -> Image.Image:
    """Gaussian noise of 8 to 50 of 255 a channel, drawn from the picture's own pixels: the same each time."""
    pixels = np.asarray(picture, dtype=np.float32)
    draws = np.random.default_rng([strength, zlib.crc32(np.ascontiguousarray(pixels).tobytes())])
    noisy = pixels + draws.standard_normal(pixels.shape, dtype=np.float32) * _NOISE[strength - 1]
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def rotation(picture: Image.Image, strength: int) -> Image.Image:
    """Turned by 3 to 20 degrees about its middle, as a camera that was knocked; grey where there was nothing."""
    return picture.rotate(_DEGREES[strength - 1], Image.Resampling.BILINEAR, fillcolor=(114, 114, 114))


def jpeg(picture: Image.Image, strength: int) -> Image.Image:
    """Compressed as a JPEG of quality 40 down to 6, as over a thin line."""
    out = BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY[strength - 1])
    return Image.open(out).convert("RGB")


KINDS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    "brightness": brightness,
    "blur": blur,
    "noise": noise,
    "rotation": rotation,
    "jpeg": jpeg,
}
MOVING = frozenset({"rotation"})
"""Those after which what is in a picture is no longer where it was."""


def variants(*, moving: bool = True) -> list[str]:
    """ "KIND STRENGTH" of each, in order; without those that move things, where places count."""
    return [f"{kind} {strength}" for kind in KINDS if moving or kind not in MOVING for strength in STRENGTHS]


def corrupted(picture: Image.Image, variant: str) -> Image.Image:
    """The RGB picture after one of `variants`; of the same size, the given one unchanged."""
    kind, strength = variant.split()
    return KINDS[kind](picture, int(strength))
