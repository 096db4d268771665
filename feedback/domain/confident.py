"""Confident learning: which labels are likely wrong, from what was predicted of each image without its label.

Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal of Artificial
Intelligence Research 70. Labels [N] are indices 0..C-1 as they were given, perhaps wrongly; probabilities [N, C] are
out of sample: what a model that has not learned from the image says of it.
"""

from dataclasses import dataclass

import numpy as np

NONE = -1


@dataclass(frozen=True)
class Judged:
    """Of each of N labels: `order` [N] has the likeliest error first, the first `count` of which are flagged.

    `suggested` [N] is the likeliest label; `given` and `other` [N] are the probabilities of the given one and of that.
    """

    order: np.ndarray
    count: int
    suggested: np.ndarray
    given: np.ndarray
    other: np.ndarray


def thresholds(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """For each label [C] the mean of its probability over the images that carry it (equation 2).

    Infinite for a label that no image carries: nothing is confidently of it.
    """
    count = probabilities.shape[1]
    carriers = np.bincount(labels, minlength=count)
    own = np.bincount(labels, weights=probabilities[np.arange(len(labels)), labels], minlength=count)
    return np.divide(own, carriers, out=np.full(count, np.inf), where=carriers > 0)


def confident_labels(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """The label [N] each image is counted under: the likeliest of those at their threshold or above it.

    NONE where no label reaches its threshold (equation 1, and the treatment of collisions below it).
    """
    reached = probabilities >= thresholds(labels, probabilities)
    likeliest = np.where(reached, probabilities, -np.inf).argmax(axis=1)
    return np.where(reached.any(axis=1), likeliest, NONE)


def confident_joint(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Counts [C, C] of images that carry the one label (row) and are confidently of the other (equation 1)."""
    count = probabilities.shape[1]
    found = confident_labels(labels, probabilities)
    joint = np.zeros((count, count), dtype=np.int64)
    np.add.at(joint, (labels[found != NONE], found[found != NONE]), 1)
    return joint


def estimated(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """How many of the labels are wrong, 0..N: the share off the diagonal of the joint distribution (equation 3).

    Each row of the confident joint is scaled to how many images carry its label; one without a count counts as right.
    """
    joint = confident_joint(labels, probabilities).astype(float)
    diagonal = np.diagonal(joint).copy()
    np.fill_diagonal(joint, np.maximum(diagonal, 1))
    carriers = np.bincount(labels, minlength=len(joint))
    scaled = joint / joint.sum(axis=1, keepdims=True) * carriers[:, None]
    return float(scaled.sum() - np.trace(scaled))


def flagged(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Which images [N] stand off the diagonal of the confident joint (section 3.2, method 2).

    One whose given label is the likeliest all the same is not among them: nobody could say what else it should be.
    """
    found = confident_labels(labels, probabilities)
    return (found != NONE) & (found != labels) & (probabilities.argmax(axis=1) != labels)


def judged(labels: np.ndarray, probabilities: np.ndarray) -> Judged:
    """The labels in order: those flagged before the rest, each by how little their own label is believed.

    That is the self-confidence of section 3.2, p(given label); equal ones stay in the order they came in.
    """
    places = np.arange(len(labels))
    given = probabilities[places, labels]
    suspect = flagged(labels, probabilities)
    suggested = probabilities.argmax(axis=1)
    order = np.lexsort((places, given, ~suspect))
    return Judged(order, int(suspect.sum()), suggested, given, probabilities[places, suggested])
