"""When work will be done, from the pace of those who are at it now."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labeling.domain.intervals import Z_95

FEWEST = 5
"""Answers before a pace is called one."""

BRIEFEST_SECONDS = 60.0
"""Nobody's pace is measured over less: two quick answers are no pace."""


@dataclass(frozen=True)
class Pace:
    """One person at work: so many answers in the last `seconds`."""

    answers: int
    seconds: float


@dataclass(frozen=True)
class Forecast:
    """`people` give `per_hour` answers together; done in `seconds`, with 95% confidence `soonest` to `latest`."""

    people: int
    per_hour: float
    seconds: float
    soonest: float
    latest: float


def forecast(remaining: int, paces: Sequence[Pace]) -> Forecast | None:
    """When `remaining` answers will have been given if those at work go on as they do; None where no pace is known.

    Rates add up over people. The interval takes the count of answers as Poisson's: its square root is its spread.
    """
    at_work = [pace for pace in paces if pace.answers > 0]
    counted = sum(pace.answers for pace in at_work)
    if counted < FEWEST:
        return None
    rate = sum(pace.answers / max(pace.seconds, BRIEFEST_SECONDS) for pace in at_work)
    spread = Z_95 / math.sqrt(counted)
    return Forecast(
        people=len(at_work),
        per_hour=rate * 3600,
        seconds=remaining / rate,
        soonest=remaining / (rate * (1 + spread)),
        latest=remaining / (rate * max(1 - spread, 1 / counted)),
    )
