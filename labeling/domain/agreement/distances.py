"""How far apart two labels are: agreement weights, and the metrics of measurement levels."""

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from labeling.domain.agreement.answers import Floats


class Weights(StrEnum):
    """How much two different labels agree, by their places in the declared order."""

    IDENTITY = "identity"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


class Level(StrEnum):
    """What the labels measure (Stevens 1946): names, ranks, differences or proportions."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


NUMERIC = (Level.INTERVAL, Level.RATIO)


def weighted(weights: Weights, labels: int) -> Floats:
    """1 - w for each two of `labels` labels, shape (labels, labels), 0..1.

    w is 1 - |i - j| / (q - 1) (linear) or 1 - (i - j)² / (q - 1)² (quadratic), i and j being places among all q
    declared labels: Cohen 1968; Fleiss and Cohen 1973; Gwet 2014, table 3.5.
    """
    if weights == Weights.IDENTITY:
        return 1 - np.eye(labels)
    place = np.arange(labels) / max(labels - 1, 1)
    apart = np.abs(place[:, None] - place[None, :])
    return apart if weights == Weights.LINEAR else apart**2


def given(weights: Floats, labels: int) -> Floats:
    """1 - w of weights of one's own, shape (labels, labels).

    Raises ValueError unless they are 0..1, symmetric and 1 between a label and itself.
    """
    if weights.shape != (labels, labels):
        raise ValueError(
            f"weights must be of shape {(labels, labels)}, one row a label, not {weights.shape}."
        )
    if not ((weights >= 0) & (weights <= 1)).all():
        raise ValueError("weights must be from 0 to 1.")
    if not (weights == weights.T).all() or not (np.diagonal(weights) == 1).all():
        raise ValueError("weights must be symmetric, and 1 between a label and itself.")
    return 1 - weights


def numbers(level: Level, labels: Sequence[str]) -> Floats:
    """The labels as numbers, shape (labels,). Raises ValueError naming a label that is none, or none of that level."""
    values = np.zeros(len(labels))
    for place, label in enumerate(labels):
        try:
            values[place] = float(label)
        except ValueError:
            values[place] = math.nan
        if not math.isfinite(values[place]):
            raise ValueError(f"label {label!r} is not a number, which the {level} level needs.")
        if level == Level.RATIO and values[place] < 0:
            raise ValueError(f"label {label!r} is below 0, which the ratio level has no place for.")
    return values


def metric(level: Level, labels: Sequence[str]) -> Floats | None:
    """δ² of each two labels, shape (labels, labels); None at the ordinal level, where it depends on the answers.

    Krippendorff 2011, "Computing Krippendorff's alpha-reliability": nominal 0 or 1, interval (c - k)²,
    ratio ((c - k) / (c + k))². Raises ValueError as `numbers`.
    """
    if level == Level.NOMINAL:
        return weighted(Weights.IDENTITY, len(labels))
    if level == Level.ORDINAL:
        return None
    values = numbers(level, labels)
    apart, both = values[:, None] - values[None, :], values[:, None] + values[None, :]
    if level == Level.INTERVAL:
        return apart**2
    return np.divide(apart, both, out=np.zeros_like(apart), where=both > 0) ** 2
