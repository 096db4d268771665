"""A figure as it is shown and sent: a value or the reason why there is none, an interval, a standard error."""

from typing import Any

import numpy as np

from labeling.domain.agreement.answers import Floats
from labeling.domain.agreement.patterns import Patterns

NO_ANSWERS = "no answers"
NOTHING_PAIRABLE = "nothing pairable: no item has answers of two annotators"
NO_VARIATION = "no variation: all answers are the same"


def number(value: float) -> float | None:
    """The value, or None where it is undefined (nan)."""
    return float(value) if np.isfinite(value) else None


def figure(
    value: float, reason: str, *, ends: Floats | None = None, standard_error: float = np.nan
) -> dict[str, Any]:
    """`{value, ci, se}`, and `reason` where value is null. `ends`: the interval's, shape (2,), or None."""
    shown = number(value)
    without = {} if shown is not None else {"reason": reason}
    return {
        "value": shown,
        **without,
        "ci": interval(ends) if shown is not None else None,
        "se": number(standard_error) if shown is not None else None,
    }


def interval(ends: Floats | None) -> list[float] | None:
    """[low, high], or None."""
    return None if ends is None or np.isnan(ends).any() else [float(end) for end in ends]


def why_not(counted: Patterns) -> str:
    """Why a coefficient of these answers is undefined, where it is."""
    if not counted.times.sum():
        return NO_ANSWERS
    return NO_VARIATION if (counted.times @ counted.pairable) else NOTHING_PAIRABLE
