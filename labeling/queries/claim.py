"""The claim: one statement that takes one slot, in order, past whatever others hold.

Its cost rests on the partial index `slot_claim_order` (queue, site, priority descending, position; unanswered
slots only), walked one priority after another, each from its frontier. It depends on no column but those of the row
it locks: after SKIP LOCKED PostgreSQL rechecks that row alone. "Not mine already" is a scalar subquery compared with
NULL: as NOT EXISTS the planner may turn it into a join over all the user ever did. The choice is materialised: as a
plain subquery a nested loop may run it again for each row it meets, and take a slot each time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from labeling.queries.frontiers import BEGIN
from labeling.queries.lease_tokens import token_of

FREE = """
SELECT slot.id
FROM labeling_slot AS slot
WHERE {which} AND slot.answered_at IS NULL
  AND (slot.expires_at IS NULL OR slot.expires_at <= now())
  AND (
      SELECT 1 FROM labeling_slot AS mine
      WHERE mine.task_id = slot.task_id AND mine.user_id = %(user)s AND mine.id <> slot.id
  ) IS NULL
ORDER BY slot.position
LIMIT 1
FOR UPDATE OF slot SKIP LOCKED
"""

TAKE = """
WITH free AS MATERIALIZED ({free})
UPDATE labeling_slot AS held
SET user_id = %(user)s, secret = %(secret)s, guideline_id = %(guideline)s,
    leased_at = now(), expires_at = now() + make_interval(secs => %(seconds)s)
FROM free
WHERE held.id = free.id
RETURNING held.id, held.task_id, held.secret, held.leased_at, held.expires_at
"""

# The priorities are walked in the order they are counted off, and no further than the first that has a free slot.
IN_ORDER = f"""
slot.queue_id = %(queue)s AND slot.site_id = %(site)s AND slot.priority = wanted.priority
AND slot.position >= {BEGIN}
"""
FIRST_FREE = f"""
SELECT first.id FROM generate_series(9, 0, -1) AS wanted (priority)
CROSS JOIN LATERAL ({FREE.format(which=IN_ORDER)}) AS first
LIMIT 1
"""
TAKE_NEXT = TAKE.format(free=FIRST_FREE)
TAKE_TASK = TAKE.format(free=FREE.format(which="slot.task_id = %(task)s"))

HEADS = """
SELECT site.id FROM unnest(%(sites)s::bigint[]) AS site (id)
CROSS JOIN LATERAL (
    SELECT slot.priority, slot.position FROM labeling_slot AS slot
    WHERE slot.queue_id = %(queue)s AND slot.site_id = site.id AND slot.answered_at IS NULL
    ORDER BY slot.priority DESC, slot.position
    LIMIT 1
) AS head
ORDER BY head.priority DESC, head.position
"""


@dataclass(frozen=True)
class Held:
    """A slot just taken, and its lease's token."""

    slot_id: int
    task_id: UUID
    secret: str
    leased_at: datetime
    expires_at: datetime

    @property
    def token(self) -> str:
        return token_of(self.slot_id, self.secret)


def in_order(queue_id: UUID, sites: list[int]) -> list[int]:
    """The sites where something waits, the most urgent first."""
    if len(sites) < 2:
        return sites
    with connection.cursor() as cursor:
        cursor.execute(HEADS, {"queue": queue_id, "sites": sites})
        return [row[0] for row in cursor.fetchall()]


def take_next(**terms: Any) -> Held | None:
    """Take the first free slot of one queue and site; None when there is none for this user.

    Terms: queue, site, user (ids), secret, guideline (id or None), seconds.
    """
    return _take(TAKE_NEXT, terms)


def take_task(**terms: Any) -> Held | None:
    """Take a free slot of the one task that `task` names; None when all are held or answered."""
    return _take(TAKE_TASK, terms)


def _take(statement: str, terms: dict[str, Any]) -> Held | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, terms)
        row = cursor.fetchone()
    return Held(*row) if row else None
