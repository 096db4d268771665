"""How far a picture lies from everything a model learnt from, in the model's own feature space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

NEIGHBOURS = 5
"""The distance to a picture's so-many-th nearest known one: one odd known picture does not make others familiar."""

MOST_KNOWN = 10_000
"""More would cost more than a tenth of a small model's time, and memory; a sample of these says as much."""

QUANTILES = 101


@dataclass(frozen=True, slots=True)
class Known:
    """What a model knows: `vectors` float32 [N, D] of length 1, and `quantiles` [Q], rising, of how far pictures
    that are like it lie from it: their 0, 1/(Q - 1), … 1 quantiles, in cosine distance 0..2."""

    vectors: np.ndarray
    quantiles: np.ndarray
    neighbours: int

    def to_json(self) -> dict[str, Any]:
        """All but the vectors."""
        return {
            "k": self.neighbours,
            "count": len(self.vectors),
            "quantiles": [float(each) for each in self.quantiles],
        }


@dataclass(frozen=True, slots=True)
class Novelty:
    """Of M pictures: `distances` [M], 0..2, to the k-th nearest known one, and `shares` [M], 0..1, of pictures
    like the known ones that lie nearer."""

    distances: np.ndarray
    shares: np.ndarray


def known_from(embeddings: np.ndarray, like: np.ndarray | None = None) -> Known:
    """What embeddings [N, D] that a model learnt from make known; N ≥ 2.

    `like` [M, D] are of pictures of the same kind that it did not learn from, best, for it draws those it learnt
    from closer together; else each known one is held against all the others. Raises ValueError for fewer than two.
    """
    if len(embeddings) < 2:
        raise ValueError("Novelty is measured against at least two known images.")
    vectors = directions(embeddings)
    neighbours = min(NEIGHBOURS, len(vectors) - 1)
    if like is not None and len(like):
        distances = _distances(vectors, directions(like), neighbours)
    else:
        # The nearest known one of each is itself.
        distances = _distances(vectors, vectors, neighbours + 1)
    return Known(vectors, np.quantile(distances, np.linspace(0, 1, QUANTILES)), neighbours)


def novelty(known: Known, embeddings: np.ndarray) -> Novelty:
    """How strange embeddings [M, D] are (the k-th nearest neighbour of Sun et al. 2022, on directions)."""
    distances = _distances(known.vectors, directions(embeddings), known.neighbours)
    ranks = np.linspace(0, 1, len(known.quantiles))
    return Novelty(distances, np.interp(distances, known.quantiles, ranks, left=0.0, right=1.0))


def directions(embeddings: np.ndarray) -> np.ndarray:
    """Embeddings [N, D] as float32 of length 1; one of length 0 stays so."""
    vectors = np.asarray(embeddings, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.float32(1e-12))


def _distances(known: np.ndarray, vectors: np.ndarray, nth: int) -> np.ndarray:
    """Cosine distance [M] to the nth nearest known one, in parts that bound the memory."""
    found = []
    for start in range(0, len(vectors), 512):
        likeness = vectors[start : start + 512] @ known.T
        found.append(1 - np.partition(likeness, len(known) - nth, axis=1)[:, len(known) - nth])
    return np.clip(np.concatenate(found).astype(np.float64), 0, 2)
