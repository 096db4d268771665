"""Telling every process that something changed: NOTIFY, so it is said if and only if the transaction commits."""

import json
from collections.abc import Sequence

from django.db import connection

CHANNEL = "vouch"
MOST_IDS = 100
"""PostgreSQL takes 8,000 bytes a message; past this many ids the message says only that much changed."""

CAPTURES = "captures"
"""The topic the inference processes listen to."""

WORK_CHANNEL = "vouch_work"
"""Where CAPTURES is said: web processes would have to read, and drop, a message for every image that comes in."""


def queue_topic(queue_id: object, site_id: int) -> str:
    """What happens to the tasks of one queue at one site (0: a queue that is not by site)."""
    return f"queue.{queue_id}.{site_id}"


def project_topic(project_id: object) -> str:
    """What happens to a project as a whole, for those who lead it: captures, runs, models, datasets."""
    return f"project.{project_id}"


def members_topic(project_id: object) -> str:
    """What every member of a project must hear, whatever their role and sites."""
    return f"members.{project_id}"


def shift_topic(code_id: object) -> str:
    """What phones signed in by one code must hear."""
    return f"shift.{code_id}"


def announce(topic: str, event: str, ids: Sequence[object] = ()) -> None:
    """Send one message, ids only; a page fetches what changed. Once per batch: NOTIFY serialises commits."""
    named = [str(i) for i in ids] if len(ids) <= MOST_IDS else []
    payload = json.dumps({"topic": topic, "event": event, "ids": named})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [WORK_CHANNEL if topic == CAPTURES else CHANNEL, payload])
