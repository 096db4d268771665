"""What is usual: means by source and label, spreads, shares and the embedding's main directions; and how far a
capture lies from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.domain.drift.features import Features

GROUPS = ("brightness", "contrast", "sharpness", "colour", "confidence", "labels", "embedding")
"""What each is watched by itself; colour has two columns, labels one a label, the embedding one a direction."""
DIRECTIONS = 8
CAPTURES_A_DIRECTION = 15
FARTHEST = 4.0
"""In standard deviations: one odd picture is no change of the stream."""
_SHRINK = 10.0
_ROUNDS = 3
_SPREAD_FLOOR = 1e-6


@dataclass(frozen=True)
class Projection:
    """The embedding's main directions: `centre` [D] and `axes` [D, K]."""

    centre: np.ndarray
    axes: np.ndarray

    @classmethod
    def fit(cls, embeddings: np.ndarray) -> Projection:
        """Principal components of [N, D], at most DIRECTIONS, each with CAPTURES_A_DIRECTION captures behind it."""
        count = min(DIRECTIONS, embeddings.shape[1], len(embeddings) // CAPTURES_A_DIRECTION)
        centre = embeddings.mean(axis=0, dtype=np.float64)
        if count < 1:
            return cls(centre, np.zeros((embeddings.shape[1], 0)))
        _, axes = np.linalg.eigh(np.cov(embeddings, rowvar=False).reshape(len(centre), -1))
        return cls(centre, axes[:, ::-1][:, :count])

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        """[N, D] as [N, K]."""
        return (np.asarray(embeddings, dtype=np.float64) - self.centre) @ self.axes


@dataclass(frozen=True)
class Measured:
    """Captures as numbers: `values` [N, 6 + K], `labels` [N] and `sources` [N] places in their lists."""

    values: np.ndarray
    labels: np.ndarray
    sources: np.ndarray

    def __getitem__(self, chosen: slice | np.ndarray) -> Measured:
        return Measured(self.values[chosen], self.labels[chosen], self.sources[chosen])


@dataclass(frozen=True)
class Baseline:
    """S sources, C labels, V = 6 + K values: `means` [S, C, V], `whitening` [V, V], `shares` [S, C].

    What a picture shows moves its brightness and its embedding. Values are compared with what is usual for the label
    predicted at that source, so that a change of labels alone moves the group `labels` and no other.
    """

    sources: tuple[str, ...]
    labels: tuple[str, ...]
    projection: Projection
    means: np.ndarray
    whitening: np.ndarray
    shares: np.ndarray

    @property
    def starts(self) -> list[int]:
        """The first column of each group; a model without embeddings has no last group."""
        starts = [0, 1, 2, 3, 5, 6, 6 + len(self.labels)]
        return starts if self.projection.axes.shape[1] else starts[:-1]

    @property
    def groups(self) -> tuple[str, ...]:
        return GROUPS[: len(self.starts)]

    def measure(self, features: Features) -> Measured:
        """Of captures of the baseline's sources; a label it does not know counts as the last, its "other"."""
        places = {label: place for place, label in enumerate(self.labels)}
        sources = {source: place for place, source in enumerate(self.sources)}
        other = len(self.labels) - 1
        return Measured(
            np.hstack((features.scalars, self.projection(features.embeddings))),
            np.array([places.get(label, other) for label in features.labels], dtype=int),
            np.array([sources[source] for source in features.sources], dtype=int),
        )

    def distances(self, measured: Measured) -> np.ndarray:
        """How far each capture lies from what is usual, [N, F], columns by group, each about 0 ± 1 in the reference.

        The columns of labels are (seen - share) / √share: the squared length of a window's sum over its size is
        Pearson's chi-square. Those of the embedding are whitened: the same is Hotelling's T².
        """
        values = (measured.values - self.means[measured.sources, measured.labels]) @ self.whitening
        np.clip(values, -FARTHEST, FARTHEST, out=values)
        shares = self.shares[measured.sources]
        seen = measured.labels[:, None] == np.arange(len(self.labels))
        return np.hstack((values[:, :6], (seen - shares) / np.sqrt(shares), values[:, 6:]))

    def to_json(self) -> dict[str, Any]:
        return {
            "sources": list(self.sources),
            "labels": list(self.labels),
            "centre": _rounded(self.projection.centre),
            "axes": _rounded(self.projection.axes),
            "means": _rounded(self.means),
            "whitening": _rounded(self.whitening),
            "shares": _rounded(self.shares),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Baseline:
        centre = np.array(kept["centre"], dtype=np.float64)
        projection = Projection(centre, np.array(kept["axes"], dtype=np.float64).reshape(len(centre), -1))
        return cls(
            tuple(kept["sources"]),
            tuple(kept["labels"]),
            projection,
            np.array(kept["means"]),
            np.array(kept["whitening"]),
            np.array(kept["shares"]),
        )


def start(features: Features) -> tuple[Baseline, Measured]:
    """The baseline of a reference, and the reference as it measures it."""
    sources = tuple(sorted(set(features.sources)))
    labels = (*sorted(set(features.labels)), "")
    hollow = Baseline(
        sources, labels, Projection.fit(features.embeddings), np.empty(0), np.empty(0), np.empty(0)
    )
    measured = hollow.measure(features)
    return fit(hollow, measured), measured


def fit(names: Baseline, measured: Measured) -> Baseline:
    """What is usual in `measured` [N], under the names and the directions of `names`."""
    shape = (len(names.sources), len(names.labels))
    cell = measured.sources * shape[1] + measured.labels
    # One row a cell, one column a capture: sums by cell are a product with it.
    places = (cell == np.arange(shape[0] * shape[1])[:, None]).astype(np.float64)
    counts = places.sum(axis=1).reshape(shape)
    sums = (places @ measured.values).reshape(*shape, -1)
    means = _means(counts, sums)
    residuals = measured.values - means[measured.sources, measured.labels]
    shares = (counts + 0.5) / (counts.sum(axis=1, keepdims=True) + 0.5 * shape[1])
    return Baseline(names.sources, names.labels, names.projection, means, _whitening(residuals), shares)


def _means(counts: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """[S, C, V] from counts [S, C] and sums [S, C, V]: a cell of few captures is drawn towards what its source and its
    label alone would have it be, the two adding up."""
    whole = sums.sum(axis=(0, 1)) / counts.sum()
    of_label = np.zeros((counts.shape[1], sums.shape[2]))
    of_source = np.tile(whole, (counts.shape[0], 1))
    for _ in range(_ROUNDS):
        left = sums - counts[..., None] * of_source[:, None]
        of_label = left.sum(axis=0) / (counts.sum(axis=0)[:, None] + 1)
        left = sums - counts[..., None] * of_label[None]
        of_source = (left.sum(axis=1) + whole) / (counts.sum(axis=1)[:, None] + 1)
    expected = of_source[:, None] + of_label[None]
    return (sums + _SHRINK * expected) / (counts[..., None] + _SHRINK)


def _whitening(residuals: np.ndarray) -> np.ndarray:
    """[V, V]: scalars over their own deviation, the embedding's directions by its covariance."""
    width = residuals.shape[1]
    whitening = np.zeros((width, width))
    spreads = np.maximum(residuals[:, :6].std(axis=0, ddof=1), _SPREAD_FLOOR)
    whitening[:6, :6] = np.diag(1 / spreads)
    if width > 6:
        covariance = np.cov(residuals[:, 6:], rowvar=False).reshape(width - 6, -1)
        roots, axes = np.linalg.eigh(covariance)
        whitening[6:, 6:] = axes / np.sqrt(np.maximum(roots, _SPREAD_FLOOR**2))
    return whitening


def _rounded(numbers: np.ndarray | Sequence[float]) -> list[Any]:
    """As JSON, to seven significant digits."""
    array = np.asarray(numbers, dtype=np.float32)
    return array.astype(np.float64).tolist()
