"""Which cameras send nothing while the others do, and which send one picture over and over. Pure, over arrivals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

KNOWN = 30
"""So many arrivals of a camera say what its share of all is."""

MISSED = 30.0
"""So many of its own are missing, by that share, before a camera counts as silent.

Were arrivals independent, a working camera would miss 30 once in exp(30); those of motion sensors come in bursts.
"""

SILENT_FOR = timedelta(minutes=10)
ALIKE = 10
"""So many times the same bytes: a sensor has noise, and no two of its pictures are equal to the byte."""


@dataclass(frozen=True)
class Silence:
    """Of one source: its last arrival, how many of others came since, and how many of its own that would have meant."""

    source: int
    last_at: datetime
    others: int
    missed: float


def silent(sources: Sequence[int], times: Sequence[datetime], now: datetime) -> list[Silence]:
    """The sources that fell silent, of arrivals in their order, the newest last.

    Others are the clock: where all are silent, as in a shop that is closed, none is.
    """
    of = np.asarray(sources)
    found = []
    for source in np.unique(of):
        places = np.flatnonzero(of == source)
        last = int(places[-1])
        before, others = last + 1, len(of) - last - 1
        own = len(places)
        if own < KNOWN or own == before or now - times[last] < SILENT_FOR:
            continue
        missed = others * own / (before - own)
        if missed >= MISSED:
            found.append(Silence(int(source), times[last], others, missed))
    return found


def frozen(sources: Sequence[int], images: Sequence[object]) -> dict[int, int]:
    """By source, how many of its newest arrivals in a row are the same image, where that is ALIKE or more."""
    runs: dict[int, tuple[object, int, bool]] = {}
    for source, image in zip(reversed(sources), reversed(images), strict=True):
        first, count, goes_on = runs.get(source, (image, 0, True))
        goes_on = goes_on and image == first
        runs[source] = (first, count + goes_on, goes_on)
    return {source: count for source, (_, count, _) in runs.items() if count >= ALIKE}
