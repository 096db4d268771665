"""Numbers of an image's context as a model takes them: the same for training, measuring, serving and the edge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MOST = 32
LONGEST = 80


def readings_of(context: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
    """Float32 [K]: what the context says under each name; NaN where that is missing or no finite number."""
    return np.array([_number(context.get(name)) for name in names], dtype=np.float32)


def check_names(names: object) -> tuple[str, ...]:
    """The names as a tuple. Raises ValueError for anything but up to MOST different keys of a context."""
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise ValueError(f"context must be a list of keys of an image's context, not {names!r}.")
    found = tuple(names)
    if not all(isinstance(name, str) and 0 < len(name) <= LONGEST for name in found):
        raise ValueError(f"context must name keys of 1 to {LONGEST} characters.")
    if len(found) > MOST or len(set(found)) < len(found):
        raise ValueError(f"context must name up to {MOST} different keys.")
    return found


def standard(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation [K] of readings [N, K], what is NaN left out; a deviation of 0 counts as 1.

    A reading that all miss has the mean NaN.
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    there = np.where(known, values, 0).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = there.sum(axis=0) / count
        spread = np.sqrt(np.where(known, (there - mean) ** 2, 0).sum(axis=0) / count)
    return mean, np.where(spread > 0, spread, 1.0)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        return float(np.float32(value)) if abs(value) < 1e30 else math.nan
    except OverflowError:
        return math.nan
