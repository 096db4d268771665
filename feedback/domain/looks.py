"""Which pictures a model sees as nearly the same, by the embeddings it gave them."""

from collections.abc import Iterator, Sequence

import numpy as np

from feedback.domain.groups import Together
from inference.domain.novelty import directions

NEARER = 0.5
"""Nearly the same lie nearer to each other than this share of what lies between a picture and the nearest other."""

LEAST = 30
"""Of fewer pictures, all in all or of one label, nothing is known of how far apart different ones lie."""

SAMPLED = 2000
"""As many of the first pictures say how far apart different ones lie."""

_BLOCK = 1024
_TURNS = 20


def limits(vectors: np.ndarray, sets: np.ndarray, kinds: Sequence[str]) -> np.ndarray:
    """The cosine distance, 0..2, up to which each of the embeddings [N, D] shows nearly the same as another [N].

    What lies between a picture and the nearest one of another of the `sets` [N], in the median of those of its kind,
    times NEARER: a model draws some labels closer together than others. A kind that too few are of has the least of
    all; 0 where nothing is known. The first rows must be a fair sample.
    """
    if len(vectors) < LEAST:
        return np.zeros(len(vectors))
    apart = _nearest_other(vectors[:SAMPLED], sets[:SAMPLED], vectors, sets)
    of = np.array(kinds[:SAMPLED])
    medians = {
        kind: float(np.median(apart[of == kind]))
        for kind in set(kinds[:SAMPLED])
        if (of == kind).sum() >= LEAST
    }
    least = min([float(np.median(apart)), *medians.values()])
    return NEARER * np.array([medians.get(kind, least) for kind in kinds])


def seen_alike(vectors: np.ndarray, sets: np.ndarray, most: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of rows, fewer than there are, that link every two no farther apart than `most` [N] of either, and not of
    one of the `sets`.

    `vectors` [N, D] may lie on disk: a block of rows at a time is held. Exact: along any one direction two rows lie no
    farther apart than √(2 · most), so that in their order along the one they differ most in, only neighbours meet.
    """
    if not len(most) or most.max() <= 0:
        return []
    along = _along(vectors)
    order = np.argsort(along, kind="stable")
    reach = np.sqrt(2 * most.max()) + 1e-6
    ends = np.searchsorted(along[order], along[order] + reach, side="right")
    together = Together(len(vectors))
    pairs = []
    for start in range(0, len(order), _BLOCK):
        rows = order[start : start + _BLOCK]
        ours = directions(vectors[rows])
        for other in range(start, int(ends[start + len(rows) - 1]), _BLOCK):
            columns = order[other : other + _BLOCK]
            near = 1 - ours @ directions(vectors[columns]).T <= np.minimum.outer(most[rows], most[columns])
            near &= sets[rows][:, None] != sets[columns][None, :]
            for place in np.flatnonzero(near.any(axis=1)).tolist():
                for column in columns[near[place]].tolist():
                    if together.find(int(rows[place])) != together.find(column):
                        together.join(int(rows[place]), column)
                        pairs.append((int(rows[place]), column))
    return pairs


def _nearest_other(some: np.ndarray, own: np.ndarray, vectors: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Cosine distance [M] of some rows [M, D] to the nearest of another set; 2 where there is none."""
    ours = directions(some)
    nearest = np.full(len(ours), 2.0, dtype=np.float32)
    for places, part in _blocks(vectors):
        apart = 1 - ours @ part.T
        apart[own[:, None] == sets[places][None, :]] = 2
        np.minimum(nearest, apart.min(axis=1), out=nearest)
    return nearest


def _along(vectors: np.ndarray) -> np.ndarray:
    """Where each row lies [N] along the direction in which the first SAMPLED differ most, by power iteration."""
    sample = directions(vectors[:SAMPLED])
    centred = sample - sample.mean(axis=0)
    axis = centred[np.argmax((centred**2).sum(axis=1))]
    for _ in range(_TURNS):
        axis = centred.T @ (centred @ axis)
        axis = axis / max(float(np.linalg.norm(axis)), 1e-12)
    return np.concatenate([part @ axis for _, part in _blocks(vectors)])


def _blocks(vectors: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Which rows, and these as float32 [B, D] of length 1."""
    for start in range(0, len(vectors), _BLOCK):
        places = slice(start, start + _BLOCK)
        yield places, directions(vectors[places])
