"""What is said of each image by a classifier that has learned neither from it nor from anything of its group."""

from collections.abc import Sequence

import numpy as np

from inference.domain.calibration import fit_temperature, softmax

FOLDS = 5
REPEATS = 3
RIDGE = 0.5


def folds(labels: np.ndarray, groups: Sequence[int], seed: int = 0) -> np.ndarray:
    """Which of FOLDS parts each image [N] is in: a group is never torn, and every part has its share of each label.

    The largest groups are placed first, each where its labels are fewest so far; equal ones by the seed.
    """
    _, where, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    members = np.split(np.argsort(where, kind="stable"), np.cumsum(sizes)[:-1])
    drawn = np.random.default_rng(seed).permutation(len(members))
    held = np.zeros((FOLDS, int(labels.max()) + 1))
    found = np.zeros(len(labels), dtype=np.int64)
    for group in sorted(drawn.tolist(), key=lambda each: -int(sizes[each])):
        counted = np.bincount(labels[members[group]], minlength=held.shape[1])
        cost = held @ counted + held.sum(axis=1) / len(labels)
        chosen = int(cost.argmin())
        found[members[group]] = chosen
        held[chosen] += counted
    return found


def head(square: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights [R, C] of a ridge regression: `square` [R, R] is the inner product of its points [N, R] with themselves,
    `target` [R, C] that with what is wanted of them."""
    return np.linalg.solve(square + RIDGE * np.eye(len(square)), target)


def probabilities(points: np.ndarray, labels: np.ndarray, groups: Sequence[int], count: int) -> np.ndarray:
    """Probabilities [N, count] of images at points [N, R], with labels [N] in 0..count-1, none from its own fold.

    Ridge regression of each label (Hastie, Tibshirani and Friedman 2009, "The Elements of Statistical Learning",
    section 4.2) on the points, REPEATS times over other folds; the mean of what it says, made probabilities by the one
    temperature under which the labels are likeliest.
    """
    wanted = np.eye(count)[labels] - 1 / count
    said = np.zeros((len(labels), count))
    for seed in range(REPEATS):
        fold = folds(labels, groups, seed)
        parts = [np.flatnonzero(fold == each) for each in np.unique(fold)]
        squares, targets = [], []
        for part in parts:
            # A part at a time in double precision: all points at once would be twice what is held.
            here = points[part].astype(np.float64)
            squares.append(here.T @ here)
            targets.append(here.T @ wanted[part])
        square, target = np.sum(squares, axis=0), np.sum(targets, axis=0)
        for part, own_square, own_target in zip(parts, squares, targets, strict=True):
            said[part] += points[part] @ head(square - own_square, target - own_target)
    said /= REPEATS
    return softmax(said, fit_temperature(said, labels))
