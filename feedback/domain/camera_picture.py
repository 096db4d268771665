"""What is measured of one camera picture: its light, detail, colour and outlines. Pure, over small arrays."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from inference.domain.drift.features import image_statistics

LONGEST_SIDE = 480
"""Pixels to which a picture is reduced before it is measured; a smaller one stays as it is."""
OUTLINE = 64
"""Cells along each side of the grey picture of which outlines are compared."""
TILES = 8
_WHITE = 250
_FLAT = 2.0


@dataclass(frozen=True)
class Measured:
    """`brightness` 0..255 and its standard deviation `contrast`; `white` is the share of pixels of which two
    colours are clipped, 0..1.

    `detail` is the natural logarithm of the luma's Laplacian's variance (Pech-Pacheco et al. 2000) over the luma's
    own: a lamp that is dimmed changes both alike, a blur the first alone. `tint` are Hasler and Suesstrunk's (2003)
    two colour axes over the brightness. `outline` [OUTLINE, OUTLINE] is the grey picture, uint8, and `tiles` a
    checksum for each of TILES × TILES parts, 0 for one in which nothing is to be seen.
    """

    brightness: float
    contrast: float
    white: float
    detail: float
    tint: tuple[float, float]
    outline: np.ndarray
    tiles: tuple[int, ...]


def measure(pixels: np.ndarray, outline: np.ndarray) -> Measured:
    """Of uint8 `pixels` [H, W, 3] of red, green and blue, H, W ≥ 3, and the same in grey [OUTLINE, OUTLINE]."""
    brightness, contrast, sharpness, red_green, blue_yellow = image_statistics(pixels.transpose(2, 0, 1))
    light = max(float(brightness), 16.0)
    grey = pixels.mean(axis=2)
    return Measured(
        brightness=float(brightness),
        contrast=float(contrast),
        white=float(((pixels >= _WHITE).sum(axis=2) >= 2).mean()),
        detail=float(sharpness - np.log1p(contrast**2)),
        tint=(float(red_green) / light, float(blue_yellow) / light),
        outline=outline,
        tiles=tuple(_checksum(part) for row in _parts(grey, 0) for part in _parts(row, 1)),
    )


def alike_tiles(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The share of parts with something in them, in either picture, that are equal to the last bit, 0..1."""
    seen = [(a, b) for a, b in zip(one, other, strict=True) if a or b]
    return sum(a == b for a, b in seen) / len(seen) if seen else 0.0


def _parts(of: np.ndarray, axis: int) -> list[np.ndarray]:
    return np.array_split(of, TILES, axis=axis)


def _checksum(part: np.ndarray) -> int:
    if not part.size or part.std() < _FLAT:
        return 0
    return zlib.crc32(np.ascontiguousarray(part.astype(np.uint8)).tobytes()) or 1
