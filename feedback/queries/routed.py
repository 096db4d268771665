"""Which share of the predictions was accepted, reviewed and audited, over time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from feedback.queries.history import BIN_SECONDS, BINS
from people.models import Project
from people.queries.ids import id_floor

SPAN = timedelta(days=30)
MOST_DECISIONS = 200_000
"""Of more the newest are shown: the chart then begins later, and its time is bounded."""

RECENT = """
SELECT action, created_at FROM feedback_routingdecision
WHERE project_id = %(project)s AND id >= %(floor)s AND created_at >= %(since)s
  AND action <> 'set_aside' ORDER BY id DESC LIMIT %(most)s
"""
BY_BIN = f"""
WITH recent AS ({RECENT}), ends AS (
    SELECT min(created_at) AS first, extract(epoch FROM max(created_at) - min(created_at)) / %(bins)s AS least
    FROM recent
), width AS (
    SELECT first, coalesce((SELECT min(w) FROM unnest(%(widths)s::int[]) AS w WHERE w >= least), %(widest)s) AS bin
    FROM ends
)
SELECT first + floor(extract(epoch FROM created_at - first) / bin) * bin * interval '1 second', max(bin),
       count(*), count(*) FILTER (WHERE action = 'review'), count(*) FILTER (WHERE action = 'audit')
FROM recent, width GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Stretch:
    """`seconds` from `at` on: how many predictions were routed, and how many of them reviewed and audited."""

    at: datetime
    seconds: int
    routed: int
    reviewed: int
    audited: int


def routed(project: Project) -> list[Stretch]:
    """The last 30 days in at most 50 stretches, the oldest first; those without a prediction are left out."""
    since = timezone.now() - SPAN
    with connection.cursor() as cursor:
        cursor.execute(
            BY_BIN,
            {
                "project": project.pk,
                "floor": id_floor(since),
                "since": since,
                "most": MOST_DECISIONS,
                "bins": BINS,
                "widths": list(BIN_SECONDS),
                "widest": BIN_SECONDS[-1],
            },
        )
        return [Stretch(*row) for row in cursor.fetchall()]
