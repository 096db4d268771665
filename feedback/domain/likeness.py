"""How alike pictures are to some of them, the landmarks, by several views at once; and which are like none."""

from collections.abc import Sequence

import numpy as np

LANDMARKS = 1000
NEIGHBOURS = 10
_SMALLEST = 1e-6


class Landmarks:
    """Some pictures that all others are compared with. `views` are theirs, each [M, D].

    The likeness of two pictures is 0..1, the mean over the views of Gaussian kernels as wide as the median distance
    between landmarks: so every view counts the same, whatever its units.
    """

    def __init__(self, views: Sequence[np.ndarray]) -> None:
        self._views = [np.asarray(view, dtype=np.float64) for view in views]
        self._widths = [_median(_squared(view, view)) for view in self._views]
        own = self.likeness(views).astype(np.float64)
        values, vectors = np.linalg.eigh((own + own.T) / 2)
        kept = values > values[-1] * _SMALLEST
        self._map = (vectors[:, kept] / np.sqrt(values[kept])).astype(np.float32)

    def likeness(self, views: Sequence[np.ndarray]) -> np.ndarray:
        """The likeness float32 [N, M] of pictures, whose views are each [N, D], to every landmark."""
        found = [
            np.exp(-_squared(np.asarray(view, dtype=np.float64), own) / width)
            for view, own, width in zip(views, self._views, self._widths, strict=True)
        ]
        return np.mean(found, axis=0).astype(np.float32)

    def points(self, likeness: np.ndarray) -> np.ndarray:
        """Points float32 [N, R], R ≤ M, whose inner products are the likenesses: exact among landmarks.

        Williams and Seeger 2001, "Using the Nyström Method to Speed Up Kernel Machines".
        """
        return likeness @ self._map


def remoteness(likeness: np.ndarray, own: np.ndarray) -> np.ndarray:
    """How far each picture [N] lies from the NEIGHBOURS landmarks most like it, on average: 0..√2.

    A kernel's distance is √(2 - 2k). `own` [N] is the column of a picture that is a landmark itself, -1 of others.
    """
    others = likeness.copy()
    here = np.flatnonzero(own >= 0)
    others[here, own[here]] = -1
    count = max(1, min(NEIGHBOURS, likeness.shape[1] - 1))
    nearest = -np.partition(-others, count - 1, axis=1)[:, :count]
    return np.sqrt(np.maximum(2 - 2 * nearest, 0)).mean(axis=1)


def outliers(distances: np.ndarray) -> np.ndarray:
    """Which of the distances [N] lie beyond the upper fence, their third quartile and 1.5 times the spread of the
    quartiles (Tukey 1977, "Exploratory Data Analysis"); the farthest first."""
    low, high = np.quantile(distances, (0.25, 0.75))
    far = np.flatnonzero(distances > high + 1.5 * (high - low))
    return far[np.argsort(-distances[far], kind="stable")]


def _squared(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances [N, M]."""
    norms = (some**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :]
    return np.maximum(norms - 2 * some @ others.T, 0)


def _median(squared: np.ndarray) -> float:
    """The median over pairs of two; 1 where all are the same."""
    pairs = squared[np.triu_indices(len(squared), 1)]
    pairs = pairs[pairs > _SMALLEST]
    return float(np.median(pairs)) if len(pairs) else 1.0
