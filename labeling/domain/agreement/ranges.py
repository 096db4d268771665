"""Ranges that numbers of a context are put into, so that images of like temperature or light are one slice."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

FEWEST = 100
"""Images that know a number, for its ranges to be fixed."""
LARGEST = 1e300
LONGEST_KEY = 100
MOST_EDGES = 6
"""Of a key: seven ranges, and none, are what a digit of an image's code tells apart."""
NUMBER = re.compile(r"-?[0-9]{1,320}(\.[0-9]{1,320})?(e[+-]?[0-9]{1,3})?")


def edges_of(values: Sequence[float]) -> tuple[float, ...]:
    """The quartiles of the values, each rounded as far as it stays within a tenth of the way to its neighbours.

    At most three, ascending, none at or below the least value; () where all are the same or fewer than FEWEST.
    """
    known = np.asarray(values, dtype=np.float64)
    if len(known) < FEWEST:
        return ()
    points = np.unique([known.min(), *np.quantile(known, (0.25, 0.5, 0.75), method="lower"), known.max()])
    found = []
    for place in range(1, len(points)):
        gap = min(
            abs(points[place] - points[other]) for other in (place - 1, place + 1) if other < len(points)
        )
        digits = -math.floor(math.log10(gap / 5))
        found.append(round(float(points[place]), digits))
    # The largest value begins a range only where a quarter of all have it.
    if points[-1] != np.quantile(known, 0.75, method="lower"):
        found.pop()
    return tuple(found)


def as_text(low: float | None, high: float | None) -> str:
    """A range as an address writes it: "10..40", "..10" below it, "40.." from it up."""
    return f"{'' if low is None else _written(low)}..{'' if high is None else _written(high)}"


def names(edges: Sequence[float]) -> list[str]:
    """The ranges between edges, as text, the lowest first."""
    ends: list[float | None] = [None, *edges, None]
    return [as_text(low, high) for low, high in pairwise(ends)]


def read(text: str) -> tuple[float | None, float | None] | None:
    """(low, high) of a range that `as_text` wrote: numbers from low up, below high. None for any other text."""
    low, dots, high = text.partition("..")
    if not dots or not (low or high) or any(end and not NUMBER.fullmatch(end) for end in (low, high)):
        return None
    ends = [float(end) if end else None for end in (low, high)]
    known = [end for end in ends if end is not None]
    if any(abs(end) > LARGEST for end in known) or known != sorted(set(known)):
        return None
    return ends[0], ends[1]


def words(text: str) -> str:
    """A range as people say it, "10 to 40", "below 10", "40 or more"; any other text as it is."""
    ends = read(text)
    if ends is None:
        return text
    low, high = ends
    if low is None:
        return f"below {_written(high or 0.0)}"
    return f"{_written(low)} or more" if high is None else f"{_written(low)} to {_written(high)}"


def _written(number: float) -> str:
    return repr(number).removesuffix(".0")
