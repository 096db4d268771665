"""Ids that carry their time: how a statement finds the latest rows of a large table by its key."""

from datetime import datetime, timedelta
from uuid import UUID

CLOCKS_DIFFER = timedelta(hours=1)


def id_floor(moment: datetime) -> UUID:
    """An id below every UUIDv7 made after `moment`, less an hour for clocks that disagree.

    Rows are numbered in order of time, so a bound on the id is what lets an index on (project, id) find the
    latest of them.
    """
    milliseconds = int((moment - CLOCKS_DIFFER).timestamp() * 1000)
    return UUID(int=max(milliseconds, 0) << 80)
