"""The installation's figures, read from the database when they are asked for, so that any process says the same.

Each statement is short, walks an index, and stops counting where its limit is said: asking stays cheap however much
there is. Statements take `projects`, ids of those to tell of.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from people.queries.ids import CLOCKS_DIFFER, id_floor
from people.services.announcements import WORK_CHANNEL

RECENT = timedelta(minutes=5)
MOST_RECENT = 100_000
MOST_TIMED = 2_000
MOST_PENDING = 10_000
MOST_OPEN = 1_000
HEARD_SECONDS = 60
"""A worker that has said nothing for longer is not counted: it says so every ten seconds."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of times, in seconds."""

_STAGES = {
    "received": "SELECT FROM inference_capture r WHERE r.project_id = p.id AND r.id >= %(floor)s",
    "failed": "SELECT FROM inference_capture r WHERE r.project_id = p.id AND r.id >= %(floor)s AND r.state = 'failed'",
    "predicted": "SELECT FROM inference_prediction r WHERE r.project_id = p.id AND r.id >= %(floor)s",
    "routed": "SELECT FROM feedback_routingdecision r WHERE r.project_id = p.id AND r.id >= %(floor)s",
    # Held still, or answered since: a lease that was let go leaves no trace.
    "claimed": """
        SELECT FROM labeling_slot r JOIN labeling_queue q ON q.id = r.queue_id
        WHERE r.answered_at IS NULL AND r.user_id IS NOT NULL AND r.leased_at >= %(since)s AND q.project_id = p.id
        UNION ALL
        SELECT FROM labeling_answer a JOIN labeling_slot r ON r.task_id = a.task_id AND r.user_id = a.user_id
        WHERE a.project_id = p.id AND a.id >= %(floor)s AND a.supersedes_id IS NULL AND r.leased_at >= %(since)s""",
    "answered": "SELECT FROM labeling_answer r WHERE r.project_id = p.id AND r.id >= %(floor)s",
    "resolved": "SELECT FROM labeling_resolution r WHERE r.project_id = p.id AND r.id >= %(floor)s",
}
STAGES = " UNION ALL ".join(
    f"SELECT p.slug, '{stage}', (SELECT count(*) FROM ({rows} LIMIT %(most_recent)s) AS counted)"
    " FROM people_project p WHERE p.id = ANY(%(projects)s)"
    for stage, rows in _STAGES.items()
)
# BETWEEN, so that the order is not known beforehand and the index has to give it: to find one row of a queue that has
# none, the planner would else walk the whole table by another way.
PENDING = """
SELECT p.slug, (
    SELECT count(*) FROM (
        SELECT FROM inference_capture c WHERE c.project_id = p.id AND c.state = 'pending' LIMIT %(most_pending)s
    ) AS counted
), coalesce((
    SELECT extract(epoch FROM now() - c.received_at)::float FROM inference_capture c
    WHERE c.project_id BETWEEN p.id AND p.id AND c.state = 'pending' ORDER BY c.project_id, c.id LIMIT 1
), 0) FROM people_project p WHERE p.id = ANY(%(projects)s)
"""
QUEUES = """
SELECT p.slug, q.name, (
    SELECT count(*) FROM (
        SELECT FROM labeling_task t WHERE t.queue_id BETWEEN q.id AND q.id AND t.state BETWEEN 'open' AND 'open'
        ORDER BY t.queue_id, t.state LIMIT %(most_open)s
    ) AS counted
), coalesce((
    SELECT extract(epoch FROM now() - t.created_at)::float FROM labeling_task t
    WHERE t.queue_id BETWEEN q.id AND q.id AND t.state BETWEEN 'open' AND 'open'
    ORDER BY t.queue_id, t.state, t.id LIMIT 1
), 0), (
    SELECT count(*) FROM (
        SELECT FROM labeling_task t
        WHERE t.queue_id BETWEEN q.id AND q.id AND t.state = 'open' AND t.gold_id IS NULL AND t.due_at < now()
        ORDER BY t.queue_id, t.due_at LIMIT %(most_open)s
    ) AS counted
), coalesce(held.slots, 0)
FROM labeling_queue q JOIN people_project p ON p.id = q.project_id
LEFT JOIN (
    SELECT queue_id, count(*) AS slots FROM labeling_slot
    WHERE answered_at IS NULL AND user_id IS NOT NULL AND expires_at > now() GROUP BY queue_id
) AS held ON held.queue_id = q.id
WHERE q.project_id = ANY(%(projects)s) AND q.closed_at IS NULL
"""
_TIMED = """
SELECT p.slug, m.number::text, width_bucket({seconds}, %(buckets)s::float[]), count(*), sum({seconds})::float
FROM people_project p
CROSS JOIN LATERAL (
    SELECT * FROM inference_prediction r WHERE r.project_id = p.id AND r.id >= %(floor)s
    ORDER BY r.id DESC LIMIT %(most_timed)s
) AS prediction
JOIN inference_modelversion m ON m.id = prediction.model_id {join}
WHERE p.id = ANY(%(projects)s) GROUP BY 1, 2, 3
"""
MODEL_TIMES = _TIMED.format(seconds="prediction.latency_ms / 1000", join="")
WAITING_TIMES = _TIMED.format(
    seconds="extract(epoch FROM c.finished_at - c.received_at)::float",
    join="JOIN inference_capture c ON c.id = prediction.capture_id AND c.finished_at IS NOT NULL",
)
ALARMS = """
SELECT p.slug, a.kind, a.severity, count(*) FROM people_alarm a JOIN people_project p ON p.id = a.project_id
WHERE a.settled_at IS NULL AND a.project_id = ANY(%(projects)s) GROUP BY 1, 2, 3
"""
WEBHOOKS = """
SELECT p.slug, count(*), coalesce(extract(epoch FROM now() - min(d.next_at))::float, 0)
FROM people_project p JOIN people_webhook w ON w.project_id = p.id AND w.deleted_at IS NULL AND w.active
JOIN (
    SELECT webhook_id, next_at FROM people_delivery
    WHERE state = 'waiting' AND next_at <= now() ORDER BY next_at LIMIT %(most_open)s
) AS d ON d.webhook_id = w.id
WHERE p.id = ANY(%(projects)s) GROUP BY 1
"""
WITHOUT_CHAMPION = """
SELECT p.slug, (NOT EXISTS (
    SELECT FROM inference_modelversion m WHERE m.project_id = p.id AND m.stage = 'champion'
))::int FROM people_project p WHERE p.id = ANY(%(projects)s)
"""
# Failed ones are kept for three days.
JOBS = """
SELECT queue_name, status::text, count(*) FROM procrastinate_jobs
WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2
"""
JOB_WAITS = """
SELECT queue_name, coalesce(extract(epoch FROM now() - min(since.at))::float, 0)
FROM (SELECT * FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id LIMIT %(most_open)s) AS job
CROSS JOIN LATERAL (
    SELECT greatest(max(event.at), job.scheduled_at) AS at FROM procrastinate_events event WHERE event.job_id = job.id
) AS since
WHERE since.at <= now() GROUP BY 1
"""
LISTENING = f"LISTEN {WORK_CHANNEL}"
# An inference process listens for captures for as long as it works, and its connection ends with it.
INFERENCE = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = %(listening)s"
)
PROCESSES = f"""
SELECT 'inference', ({INFERENCE})
UNION ALL
SELECT 'worker', count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %(heard)s
"""


@dataclass(frozen=True)
class Figures:
    """Rows of each statement, told to the projects they are asked for; jobs and processes are the installation's."""

    stages: list[Any]
    pending: list[Any]
    queues: list[Any]
    model_times: list[Any]
    waiting_times: list[Any]
    alarms: list[Any]
    webhooks: list[Any]
    without_champion: list[Any]
    jobs: list[Any]
    job_waits: list[Any]
    processes: list[Any]


def figures(projects: Collection[UUID]) -> Figures:
    """What there is now, one short statement a kind."""
    since = datetime.now(UTC) - RECENT
    terms: dict[str, Any] = {
        "projects": list(projects),
        "since": since,
        # Ids are compared to the moment itself here: a clock that is off moves the window, and loses nothing.
        "floor": id_floor(since + CLOCKS_DIFFER),
        "buckets": list(BUCKETS),
        "most_recent": MOST_RECENT,
        "most_timed": MOST_TIMED,
        "most_pending": MOST_PENDING,
        "most_open": MOST_OPEN,
        "listening": LISTENING,
        "heard": timedelta(seconds=HEARD_SECONDS),
    }
    statements = {
        "stages": STAGES,
        "pending": PENDING,
        "queues": QUEUES,
        "model_times": MODEL_TIMES,
        "waiting_times": WAITING_TIMES,
        "alarms": ALARMS,
        "webhooks": WEBHOOKS,
        "without_champion": WITHOUT_CHAMPION,
        "jobs": JOBS,
        "job_waits": JOB_WAITS,
        "processes": PROCESSES,
    }
    found = {}
    with connection.cursor() as cursor:
        for name, statement in statements.items():
            cursor.execute(statement, terms)
            found[name] = cursor.fetchall()
    return Figures(**found)
