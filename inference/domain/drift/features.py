"""What is watched of a capture: five numbers of its picture, its label and confidence, and its embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STATISTICS = ("brightness", "contrast", "sharpness", "red_green", "blue_yellow")
_LUMA = np.array((0.299, 0.587, 0.114), dtype=np.float32)
_SUREST = 6.0


def image_statistics(pixels: np.ndarray) -> np.ndarray:
    """STATISTICS [5], or [N, 5], of uint8 pixels [3, H, W], or [N, 3, H, W], of red, green and blue; H, W ≥ 3.

    Brightness is the mean of the luma (ITU-R BT.601), 0..255, and contrast its standard deviation. Sharpness is the
    natural logarithm of 1 + the variance of the luma's Laplacian (Pech-Pacheco et al. 2000; a logarithm, since a blur
    divides it). The colour axes are Hasler and Suesstrunk's (2003): the means of R - G and of (R + G) / 2 - B.
    """
    planes = np.asarray(pixels, dtype=np.float32)
    red, green, blue = planes[..., 0, :, :], planes[..., 1, :, :], planes[..., 2, :, :]
    luma = _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue
    middle = luma[..., 1:-1, 1:-1]
    laplacian = (
        luma[..., :-2, 1:-1] + luma[..., 2:, 1:-1] + luma[..., 1:-1, :-2] + luma[..., 1:-1, 2:] - 4 * middle
    )
    area = (-2, -1)
    return np.stack(
        (
            luma.mean(axis=area),
            luma.std(axis=area),
            np.log1p(laplacian.var(axis=area)),
            (red - green).mean(axis=area),
            ((red + green) / 2 - blue).mean(axis=area),
        ),
        axis=-1,
    ).astype(np.float64)


def log_odds(confidence: np.ndarray) -> np.ndarray:
    """Confidences 0..1 as log odds within ±6: near 1, where most lie, they differ by what matters."""
    odds = np.clip(confidence, 1e-6, 1 - 1e-6)
    return np.clip(np.log(odds / (1 - odds)), -_SUREST, _SUREST)


@dataclass(frozen=True)
class Features:
    """Of N captures, oldest first: `scalars` [N, 6] are STATISTICS and the log odds of the calibrated confidence;
    `labels` [N] the keys predicted; `embeddings` [N, D], D = 0 for a model that gives none; `sources` [N] keys."""

    scalars: np.ndarray
    labels: np.ndarray
    embeddings: np.ndarray
    sources: np.ndarray

    @classmethod
    def of(
        cls,
        *,
        statistics: np.ndarray,
        confidences: np.ndarray,
        labels: Sequence[str] | np.ndarray,
        embeddings: np.ndarray,
        sources: Sequence[str] | np.ndarray,
    ) -> Features:
        """From `image_statistics` [N, 5] and confidences [N], 0..1."""
        scalars = np.column_stack((statistics, log_odds(np.asarray(confidences, dtype=np.float64))))
        return cls(scalars, np.asarray(labels, dtype=object), embeddings, np.asarray(sources, dtype=object))

    def __len__(self) -> int:
        return len(self.scalars)

    def __getitem__(self, chosen: slice | np.ndarray) -> Features:
        return Features(
            self.scalars[chosen], self.labels[chosen], self.embeddings[chosen], self.sources[chosen]
        )

    def of_source(self, source: str) -> Features:
        """Those of one source."""
        return self[self.sources == source]
