"""Times for the centre from a clock that may be wrong: it is set by the centre's own, and nothing is in the future."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

TOLERATED_SECONDS = 60.0
"""A clock that differs by less is taken at its word: an answer's Date is rounded, and late."""
EARLIEST = 0.0


class Clock:
    """The device's clock, `wall` in seconds since 1970, and how far the centre's is from it, by the last answer."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self.wall = wall
        self.offset: float | None = None

    def hear(self, date: str | None) -> None:
        """Take note of an answer's `Date`; what cannot be read says nothing."""
        try:
            there = parsedate_to_datetime(date or "").timestamp()
        except ValueError:
            return
        offset = there - self.wall()
        self.offset = offset if abs(offset) >= TOLERATED_SECONDS else 0.0

    def corrected(self, taken_at: float) -> float:
        """A time of the device's clock by the centre's; one taken under a clock that was ahead is now at the latest."""
        offset = self.offset or 0.0
        return max(EARLIEST, min(taken_at, self.wall()) + offset)

    def moment(self, taken_at: float) -> str:
        """The same as RFC 3339 in UTC."""
        return written(self.corrected(taken_at))


def written(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
