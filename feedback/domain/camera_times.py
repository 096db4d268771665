"""When a camera sends: the hours in which its store is closed, how much is expected of it, and how its clock goes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np

DAYS_KNOWN = 3
"""So many earlier days with captures in an hour say what is expected in it."""
SLOW_SHARE, LEAST_EXPECTED = 0.3, 30.0
MISSED = 30.0
SILENT_FOR = timedelta(minutes=10)
SKEWED = timedelta(minutes=5)
STEADY = timedelta(minutes=2)
"""Delays of a queue vary; those of a wrong clock agree so closely."""
CLOCK_CAPTURES, CLOCK_SPAN = 5, timedelta(minutes=4)


@dataclass(frozen=True)
class QuietHours:
    """When a store is closed, by its own clock: from `start` to `end` each day, past midnight too, and on whole `days`,
    0 Monday to 6 Sunday. Equal or missing times: no part of the day."""

    start: time | None = None
    end: time | None = None
    days: frozenset[int] = frozenset()

    def has(self, at: datetime) -> bool:
        """Whether `at`, in the store's own time, lies within them. The start is inside, the end is not."""
        if at.weekday() in self.days:
            return True
        if self.start is None or self.end is None or self.start == self.end:
            return False
        now = at.time()
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


def expected(counts: Collection[int]) -> float | None:
    """Captures expected in an hour, of those of the same hour on earlier days; None where too few are known.

    The median of the days on which there were any: a day on which the store was closed says nothing.
    """
    known = [count for count in counts if count]
    return float(np.median(known)) if len(known) >= DAYS_KNOWN else None


def is_slow(captures: int, wanted: float | None) -> bool:
    """Whether an hour's captures are far fewer than expected. None at all is silence, which is judged otherwise."""
    return wanted is not None and wanted >= LEAST_EXPECTED and 0 < captures < SLOW_SHARE * wanted


def is_overdue(last_at: datetime, now: datetime, per_hour: float | None) -> bool:
    """Whether a camera that should send `per_hour` has been silent for ten minutes, and so long that MISSED of its
    captures are missing, or of a rare one half an hour's worth and three at least."""
    silence = now - last_at
    return (
        per_hour is not None
        and silence >= SILENT_FOR
        and silence / timedelta(hours=1) * per_hour >= min(MISSED, max(3.0, per_hour / 2))
    )


def skew(received: Sequence[datetime], captured: Sequence[datetime]) -> float | None:
    """By how many seconds the camera's clock is behind, negative where ahead; None where it cannot be told or is right.

    A clock that is wrong is wrong by the same amount, while what was sent late, from a spool or over a slow line, was
    late by amounts that differ.
    """
    if len(received) < CLOCK_CAPTURES or max(received) - min(received) < CLOCK_SPAN:
        return None
    delays = np.array([(got - taken).total_seconds() for got, taken in zip(received, captured, strict=True)])
    low, middle, high = np.quantile(delays, (0.1, 0.5, 0.9))
    if abs(middle) < SKEWED.total_seconds() or high - low > STEADY.total_seconds():
        return None
    return float(middle)
