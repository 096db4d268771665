"""What a picture looks like without any model: its colours, its shades, where they lie, and which way its edges run.

Plain features, and better ones to find label errors by than a model that learned from those very labels: such a model
has seen the wrong ones too, and agrees with them.
"""

from itertools import pairwise

import numpy as np

HUES, SATURATIONS, VALUES = 18, 4, 4
COLOURS = HUES * SATURATIONS * VALUES
LIGHTNESSES, OPPONENTS = 6, 10
SHADES = LIGHTNESSES * OPPONENTS * OPPONENTS
QUARTERS = 2
CELLS, DIRECTIONS = 4, 9
_TO_XYZ = np.array(
    [
        [0.4124 / 0.95047, 0.3576 / 0.95047, 0.1805 / 0.95047],
        [0.2126, 0.7152, 0.0722],
        [0.0193 / 1.08883, 0.1192 / 1.08883, 0.9505 / 1.08883],
    ],
    dtype=np.float32,
)


def views(pictures: np.ndarray) -> list[np.ndarray]:
    """Four views float32 [N, D] of uint8 pictures [N, 3, S, S] (red, green, blue): colours, shades, layout, edges.

    Each is a histogram under the square root, so that Euclidean distance is Hellinger's up to a factor, which suits
    histograms better (Arandjelović and Zisserman 2012, "Three things everyone should know", section 3).
    """
    codes = _colour_codes(pictures)
    whole = _counted(codes, COLOURS)
    quarters = [_counted(part, COLOURS) for part in _cells(codes, QUARTERS)]
    layout = np.concatenate(quarters, axis=1) / len(quarters)
    shades = _counted(_shade_codes(pictures), SHADES)
    return [np.sqrt(view) for view in (whole, shades, layout, _edges(pictures))]


def _colour_codes(pictures: np.ndarray) -> np.ndarray:
    """Which bin of hue, saturation and value each pixel falls into [N, S, S] (Smith 1978, the hexcone model)."""
    red, green, blue = (pictures[:, channel].astype(np.float32) / 255 for channel in range(3))
    top = np.maximum(np.maximum(red, green), blue)
    spread = top - np.minimum(np.minimum(red, green), blue)
    safe = np.where(spread == 0, 1, spread)
    sixths = np.where(
        top == red,
        (green - blue) / safe % 6,
        np.where(top == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = np.where(spread == 0, 0, sixths / 6)
    saturation = spread / np.where(top == 0, 1, top)
    return (_bin(hue, HUES) * SATURATIONS + _bin(saturation, SATURATIONS)) * VALUES + _bin(top, VALUES)


def _shade_codes(pictures: np.ndarray) -> np.ndarray:
    """Which bin of L*, a*, b* (CIE 1976, white D65) each pixel falls into [N, S, S]: as far apart as people see it.

    a* and b* are counted from -70 to 90, where photographs lie; what is beyond falls into the bins at the ends.
    """
    values = pictures.astype(np.float32) / 255
    # sRGB (IEC 61966-2-1), and its matrix to XYZ over the white point.
    linear = np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)
    over_white = np.einsum("ij,njhw->inhw", _TO_XYZ, linear)
    x, y, z = np.where(over_white > 0.008856, np.cbrt(over_white), 7.787 * over_white + 16 / 116)
    code = _bin((116 * y - 16) / 100, LIGHTNESSES)
    code = code * OPPONENTS + _bin((500 * (x - y) + 70) / 160, OPPONENTS)
    return code * OPPONENTS + _bin((200 * (y - z) + 70) / 160, OPPONENTS)


def _bin(shares: np.ndarray, bins: int) -> np.ndarray:
    return np.clip((shares * bins).astype(np.int64), 0, bins - 1)


def _edges(pictures: np.ndarray) -> np.ndarray:
    """Histograms [N, D] of the gradient's direction in CELLS × CELLS cells, weighted by its length; rows add up to 1.

    Dalal and Triggs 2005, "Histograms of Oriented Gradients", with unsigned directions and the picture as one block.
    """
    grey = pictures.astype(np.float32).mean(axis=1)
    down, right = np.gradient(grey, axis=(1, 2))
    length = np.hypot(down, right)
    directions = _bin(np.arctan2(down, right) % np.pi / np.pi, DIRECTIONS)
    cells = zip(_cells(directions, CELLS), _cells(length, CELLS), strict=True)
    found = np.concatenate([_counted(part, DIRECTIONS, weights) for part, weights in cells], axis=1)
    total = found.sum(axis=1, keepdims=True)
    return found / np.where(total == 0, 1, total)


def _cells(images: np.ndarray, across: int) -> list[np.ndarray]:
    """The cells [N, h, w] of images [N, S, S], row by row."""
    edges = np.linspace(0, images.shape[1], across + 1).astype(int)
    return [
        images[:, top:bottom, left:right]
        for top, bottom in pairwise(edges)
        for left, right in pairwise(edges)
    ]


def _counted(codes: np.ndarray, bins: int, weights: np.ndarray | None = None) -> np.ndarray:
    """A histogram float32 [N, bins] of each image's codes: shares of its pixels, or sums of their weights."""
    count = len(codes)
    flat = codes.reshape(count, -1)
    rows = (np.arange(count)[:, None] * bins + flat).ravel()
    summed = np.bincount(rows, None if weights is None else weights.ravel(), minlength=count * bins)
    found = summed.reshape(count, bins).astype(np.float32)
    return found / flat.shape[1] if weights is None else found
