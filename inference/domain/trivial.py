"""Rules that need no network, as the floor that a model is held against."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

NORMAL = 1.959963984540054
"""The 97.5% quantile of the normal distribution."""


def majority(truth: Sequence[str], fold: np.ndarray) -> list[bool]:
    """Whether each image is of the label that is commonest outside its fold [N]; of equally common ones the first
    in the alphabet. False where there is nothing outside."""
    right = [False] * len(truth)
    for held in np.unique(fold):
        known = Counter(label for label, each in zip(truth, fold, strict=True) if each != held)
        if not known:
            continue
        commonest = min(known, key=lambda label: (-known[label], label))
        for place in np.flatnonzero(fold == held):
            right[place] = truth[int(place)] == commonest
    return right


def nearest_mean(thumbnails: np.ndarray, truth: Sequence[str], fold: np.ndarray) -> list[bool]:
    """Whether each thumbnail [N, D] lies nearest to its own label's mean, of the means of those outside its fold [N].

    The nearest centroid classifier, by Euclidean distance. False where there is nothing outside.
    """
    pixels = np.asarray(thumbnails, dtype=np.float64)
    labels = np.array(truth)
    right = [False] * len(truth)
    for held in np.unique(fold):
        others = fold != held
        known = sorted(set(labels[others]))
        if not known:
            continue
        means = np.stack([pixels[others & (labels == label)].mean(axis=0) for label in known])
        for place in np.flatnonzero(~others):
            nearest = int(((means - pixels[place]) ** 2).sum(axis=1).argmin())
            right[place] = labels[place] == known[nearest]
    return right


def nearest_other(thumbnails: np.ndarray, fold: np.ndarray) -> list[int | None]:
    """For each thumbnail [N, D] the place of the nearest one outside its fold [N], by Euclidean distance.

    The nearest neighbour (Cover and Hart 1967); of equally near ones the first, None where there is nothing outside.
    """
    pixels = np.asarray(thumbnails, dtype=np.float64)
    nearest: list[int | None] = []
    for place, held in enumerate(fold):
        others = np.flatnonzero(fold != held)
        apart = ((pixels[others] - pixels[place]) ** 2).sum(axis=1)
        nearest.append(int(others[apart.argmin()]) if len(others) else None)
    return nearest


def difference(first: Sequence[bool], second: Sequence[bool]) -> tuple[float, float, float]:
    """How much oftener, -1..1, `first` is right than `second` on the same N ≥ 1 images, with its 95% interval.

    Wald's interval of a difference of paired proportions (Agresti 2013, equation 11.2).
    """
    pairs = Counter(zip(first, second, strict=True))
    count, better, worse = len(first), pairs[True, False], pairs[False, True]
    gap = (better - worse) / count
    around = NORMAL * math.sqrt(max(better + worse - (better - worse) ** 2 / count, 0)) / count
    return gap, gap - around, gap + around
