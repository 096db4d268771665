"""Jobs of the workers that run or wait far longer than they should."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

WAITS = timedelta(minutes=15)
RUNS = timedelta(hours=2)
RUNS_IN = {"training": timedelta(hours=24)}
"""How long a job of a queue may run where it is not RUNS."""

MOST = 200

# What waits behind a running job of the same lock waits by right: that one is looked at instead.
JOBS = """
SELECT job.task_name, job.queue_name, job.status::text, job.args::text, since.at
FROM procrastinate_jobs AS job
CROSS JOIN LATERAL (
    SELECT greatest(max(event.at), CASE WHEN job.status = 'todo' THEN job.scheduled_at END) AS at
    FROM procrastinate_events AS event
    WHERE event.job_id = job.id AND event.type NOT IN ('scheduled', 'abort_requested')
) AS since
WHERE job.status IN ('todo', 'doing') AND since.at < %(before)s
  AND NOT (job.status = 'todo' AND job.lock IS NOT NULL AND EXISTS (
      SELECT FROM procrastinate_jobs AS ahead WHERE ahead.lock = job.lock AND ahead.status = 'doing'))
ORDER BY job.id LIMIT %(most)s
"""

STARTED = """
SELECT EXISTS (
    SELECT FROM (
        SELECT id FROM procrastinate_jobs WHERE task_name = %(task)s ORDER BY id DESC LIMIT 100
    ) AS job JOIN procrastinate_events AS event ON event.job_id = job.id
    WHERE event.type = 'started' AND event.at BETWEEN %(earliest)s AND %(latest)s
)
"""


@dataclass(frozen=True)
class Stuck:
    """Of one job: its task, queue and arguments, whether it runs (else it waits), and since when."""

    task: str
    queue: str
    args: dict[str, Any]
    runs: bool
    since: datetime


def stuck_jobs(now: datetime) -> list[Stuck]:
    """Jobs that have run longer than their queue's jobs may, or waited longer than WAITS; at most two hundred."""
    with connection.cursor() as cursor:
        cursor.execute(JOBS, {"before": now - WAITS, "most": MOST})
        rows = cursor.fetchall()
    found = [
        Stuck(task, queue, json.loads(args), status == "doing", since)
        for task, queue, status, args, since in rows
    ]
    return [one for one in found if not one.runs or one.since < now - longest(one.queue)]


def longest(queue: str) -> timedelta:
    """How long a job of this queue may run."""
    return RUNS_IN.get(queue, RUNS)


def has_looked_since(task: str, now: datetime) -> bool:
    """Whether the worker ran this periodic task a while ago already, once WAITS and less than twice that.

    One that was just begun, or was busy, finds what waited meanwhile: nobody needs to be told of that.
    """
    with connection.cursor() as cursor:
        cursor.execute(STARTED, {"task": task, "earliest": now - 2 * WAITS, "latest": now - WAITS})
        return bool(cursor.fetchone()[0])
