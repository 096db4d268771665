"""From values to places on a drawing, and which round values to write on an axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86400
ROUND_SECONDS = (
    *(1, 5, 10, 15, 30),
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14, 28, 91, 182, 365)),
)


@dataclass(frozen=True)
class Scale:
    """A straight line from the values low..high to the places first..last."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.first + self.last) / 2
        return self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most `most` + 1 multiples of 1, 2 or 5 times a power of ten in low..high; two at least from 0. `most` ≥ 3."""
    if high <= low:
        return [low]
    rough = (high - low) / most
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough * (1 - 1e-9))
    start = math.ceil(low / step - 1e-9)
    return [round(step * i, 10) for i in range(start, math.floor(high / step + 1e-9) + 1)]


def rounded_up(high: float, most: int = 5) -> float:
    """The first tick at or above `high` > 0 of an axis that begins at 0."""
    step = ticks(0, high, most)[1]
    return step * math.ceil(high / step - 1e-9)


def time_ticks(start: float, end: float, most: int = 6) -> list[float]:
    """At most about `most` moments (POSIX seconds) in start..end that fall on whole minutes, hours or days in UTC."""
    length = end - start
    step = next((s for s in ROUND_SECONDS if length / s <= most), ROUND_SECONDS[-1])
    first = math.ceil(start / step)
    return [float(step * i) for i in range(first, math.floor(end / step) + 1)]


def time_words(moment: float, length: float) -> str:
    """How an axis of `length` seconds writes a moment: the time of day, or the day where it spans several."""
    at = datetime.fromtimestamp(moment, UTC)
    if length > 2 * DAY:
        return f"{at.day} {at:%b}"
    return f"{at:%H:%M:%S}" if length < 120 else f"{at:%H:%M}"


def spread(places: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """The places moved apart so that neighbours keep `gap`, in their order, within lowest..highest if they fit."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = list(places)
    below = lowest - gap
    for i in order:
        moved[i] = max(moved[i], below + gap)
        below = moved[i]
    above = highest + gap
    for i in reversed(order):
        moved[i] = min(moved[i], above - gap)
        above = moved[i]
    return moved
