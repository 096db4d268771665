"""Which images to ask people about next: strategies over what a model says of those nobody has labelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

RANDOM_SHARE = 0.2
SHORTLIST = 5
"""A mix of uncertainty and diversity spreads its choice over so many times as many of the least sure."""


class StrategyRefused(ValueError):
    """A choice that cannot be made by this strategy; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Images that could be asked about, N of them, and what is known already.

    `probabilities` [N, C] sum to 1 over the labels; `disagreement` [N] is the mutual information of label and model in
    nats; `embeddings` [N, D], with `labelled` [M, D] of images that have a label and `examples` [K, D] of chosen edge
    cases; `counts` [C] is how many images have each label.
    """

    probabilities: np.ndarray
    disagreement: np.ndarray | None = None
    embeddings: np.ndarray | None = None
    labelled: np.ndarray | None = None
    examples: np.ndarray | None = None
    counts: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.probabilities)


Choose = Callable[[Pool, int, np.random.Generator], np.ndarray]


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to choose: its name in a request, its title and a sentence on a page, and the fields of Pool it needs."""

    name: str
    title: str
    sentence: str
    choose: Choose
    needs: tuple[str, ...] = field(default=())


def choose(name: str, pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    """Indices [min(count, N)] of the images to ask about, the first the most wanted, none twice.

    Raises StrategyRefused for a name that is none, or where the pool lacks what the strategy needs.
    """
    strategy = STRATEGIES.get(name)
    if strategy is None:
        raise StrategyRefused(f"There is no strategy {name!r}; there are {', '.join(STRATEGIES)}.")
    for need in strategy.needs:
        if getattr(pool, need) is None:
            raise StrategyRefused(f"The strategy {name} needs {_NEEDS[need]}.")
    return strategy.choose(pool, min(max(count, 0), len(pool)), random)


def margins(probabilities: np.ndarray) -> np.ndarray:
    """How far the likeliest label is ahead of the second [N], 0..1, of probabilities [N, C ≥ 2]."""
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return two[:, 1] - two[:, 0]


def entropies(probabilities: np.ndarray) -> np.ndarray:
    """Shannon entropy [N] in nats of probabilities [N, C]."""
    return -(probabilities * np.log(np.clip(probabilities, 1e-12, 1))).sum(axis=1)


def _highest(scores: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """The indices of the highest scores, equal ones in random order."""
    shuffled = random.permutation(len(scores))
    return shuffled[np.argsort(-scores[shuffled], kind="stable")][:count]


def _random(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    return random.permutation(len(pool))[:count]


def _least_confidence(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    return _highest(-pool.probabilities.max(axis=1), count, random)


def _margin(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    """Best against second best (Scheffer et al. 2001)."""
    return _highest(-margins(pool.probabilities), count, random)


def _entropy(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    return _highest(entropies(pool.probabilities), count, random)


def _bald(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    """Houlsby et al. 2011, equation 2."""
    assert pool.disagreement is not None
    return _highest(pool.disagreement, count, random)


def _k_center(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    """Greedy: each time the image farthest from all that has a label or is chosen (Sener and Savarese 2018)."""
    assert pool.embeddings is not None
    return _spread(pool.embeddings, pool.labelled, count, random)


def _diverse_margin(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    """Of the least sure some times as many as wanted, those that lie farthest from each other."""
    assert pool.embeddings is not None
    near = _margin(pool, SHORTLIST * count, random)
    return near[_spread(pool.embeddings[near], pool.labelled, count, random)]


def _margin_random(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    """Mostly by margin, the rest drawn: so that what the model is wrongly sure of is asked about too."""
    drawn = round(RANDOM_SHARE * count)
    first = _margin(pool, count - drawn, random)
    rest = np.setdiff1d(np.arange(len(pool)), first)
    return np.concatenate([first, random.permutation(rest)[:drawn]])


def _rare_first(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    """By how rare the label is expected to be: 1 / (1 + its count), weighted by its probability."""
    assert pool.counts is not None
    return _highest(pool.probabilities @ (1 / (1 + pool.counts)), count, random)


def _like_these(pool: Pool, count: int, random: np.random.Generator) -> np.ndarray:
    """Nearest to any of the examples by the cosine of embeddings."""
    assert pool.embeddings is not None
    assert pool.examples is not None
    return _highest((_unit(pool.embeddings) @ _unit(pool.examples).T).max(axis=1), count, random)


def _spread(
    points: np.ndarray, taken: np.ndarray | None, count: int, random: np.random.Generator
) -> np.ndarray:
    """Indices of `count` of the points [N, D], each the farthest by cosine from `taken` [M, D] and those before it."""
    units = _unit(points)
    chosen: list[int] = []
    if taken is not None and len(taken):
        nearest = np.concatenate([(part @ _unit(taken).T).max(axis=1) for part in _parts(units)])
    elif len(points) and count:
        chosen.append(int(random.integers(len(points))))
        nearest = units @ units[chosen[0]]
        nearest[chosen[0]] = np.inf
    while len(chosen) < count:
        at = int(nearest.argmin())
        chosen.append(at)
        nearest = np.maximum(nearest, units @ units[at])
        nearest[at] = np.inf
    return np.array(chosen, dtype=np.intp)


def _parts(points: np.ndarray, rows: int = 2048) -> list[np.ndarray]:
    return [points[start : start + rows] for start in range(0, len(points), rows)] or [points]


def _unit(points: np.ndarray) -> np.ndarray:
    points = np.asarray(points, dtype=np.float64)
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)


_NEEDS = {
    "disagreement": "a model that says how far it disagrees with itself: those trained here do",
    "embeddings": "a model that gives embeddings: those trained here do",
    "counts": "to know how many images have each label",
    "examples": "images to look for the like of",
}

STRATEGIES: dict[str, Strategy] = {
    each.name: each
    for each in (
        Strategy(
            "margin_random",
            "Closest calls, a fifth drawn",
            "Where two labels are nearly as likely; every fifth is drawn at random, to see what the model is wrongly "
            "sure of.",
            _margin_random,
        ),
        Strategy("margin", "Closest calls", "Where two labels are nearly as likely.", _margin),
        Strategy(
            "least_confidence",
            "Least sure",
            "Where the likeliest label has the lowest confidence.",
            _least_confidence,
        ),
        Strategy(
            "entropy", "Most undecided", "Where the probability is spread over the most labels.", _entropy
        ),
        Strategy(
            "bald",
            "Most at odds with itself",
            "Where the model's own parts disagree most about the label (BALD).",
            _bald,
            ("disagreement",),
        ),
        Strategy(
            "k_center",
            "Least covered",
            "What lies farthest from every image that has a label.",
            _k_center,
            ("embeddings",),
        ),
        Strategy(
            "diverse_margin",
            "Close calls, unlike each other",
            "Where two labels are nearly as likely, and of those the ones that differ most.",
            _diverse_margin,
            ("embeddings",),
        ),
        Strategy(
            "rare_first",
            "Rare labels first",
            "What probably has a label of which there are few.",
            _rare_first,
            ("counts",),
        ),
        Strategy(
            "like_these",
            "Like these",
            "What looks most like the images you chose.",
            _like_these,
            ("embeddings", "examples"),
        ),
        Strategy("random", "At random", "Any image as likely as another.", _random),
    )
}
