"""Where claims begin: past what is answered, and past what this one person has answered, but past nothing else.

Two frontiers, of ten positions each, one for each priority. Before the common one of a queue and site every slot is
answered; before a person's own, every slot is answered or belongs to a task that they have answered. Neither is ever
undone, and a slot that moves or is added is given a new position, so that nothing before a frontier can become
somebody's to take. A slot that somebody holds is passed by nobody: it may come free.

A position is drawn before the slot that has it is committed: of two, the later drawn may be seen first. No frontier
passes `settled`, the sequence as it stood at least YOUNG ago: whoever drew up to there has committed or failed,
since no transaction lasts five minutes (`transaction_timeout`).
"""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

YOUNG = timedelta(minutes=15)
EVERY = 16
"""A frontier moves once in so many claims, by chance: a count would cost every claim a write."""

BEGIN = """
GREATEST(
    (SELECT positions FROM labeling_frontier
     WHERE user_id = %(user)s AND queue_id = %(queue)s AND site_id = %(site)s)[wanted.priority + 1],
    (SELECT positions FROM labeling_commonfrontier
     WHERE queue_id = %(queue)s AND site_id = %(site)s)[wanted.priority + 1],
    0
)
"""
"""Where the walk of one priority (`wanted.priority`) begins. GREATEST passes over what is NULL."""

DRAWN = "(SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM labeling_slot_position)"

BEGIN_COMMON = f"""
INSERT INTO labeling_commonfrontier (queue_id, site_id, positions, settled, seen, seen_at)
SELECT %(queue)s, %(site)s, array_fill(0::bigint, ARRAY[10]), 0, {DRAWN}, clock_timestamp()
WHERE NOT EXISTS (SELECT 1 FROM labeling_commonfrontier WHERE queue_id = %(queue)s AND site_id = %(site)s)
ON CONFLICT DO NOTHING
"""

# Who finds it locked leaves it to whoever moves it already.
MOVE_COMMON = f"""
WITH tide AS MATERIALIZED (
    SELECT id, positions, turned, CASE WHEN turned THEN seen ELSE settled END AS settled
    FROM labeling_commonfrontier, LATERAL (SELECT seen_at <= now() - %(young)s AS turned) AS age
    WHERE queue_id = %(queue)s AND site_id = %(site)s
    FOR UPDATE OF labeling_commonfrontier SKIP LOCKED
)
UPDATE labeling_commonfrontier AS common
SET settled = tide.settled,
    seen = CASE WHEN tide.turned THEN {DRAWN} ELSE common.seen END,
    seen_at = CASE WHEN tide.turned THEN clock_timestamp() ELSE common.seen_at END,
    positions = (
        SELECT array_agg(
            GREATEST(tide.positions[wanted.priority + 1], LEAST(first.position, tide.settled + 1))
            ORDER BY wanted.priority
        )
        FROM generate_series(0, 9) AS wanted (priority)
        LEFT JOIN LATERAL (
            SELECT slot.position FROM labeling_slot AS slot
            WHERE slot.queue_id = %(queue)s AND slot.site_id = %(site)s AND slot.answered_at IS NULL
              AND slot.priority = wanted.priority AND slot.position >= tide.positions[wanted.priority + 1]
            ORDER BY slot.position
            LIMIT 1
        ) AS first ON true
    )
FROM tide
WHERE common.id = tide.id
"""

MOVE_OWN = f"""
WITH tide AS MATERIALIZED (
    SELECT settled FROM labeling_commonfrontier WHERE queue_id = %(queue)s AND site_id = %(site)s
), ahead AS MATERIALIZED (
    SELECT wanted.priority, wanted.begin, first.position
    FROM (
        SELECT wanted.priority, {BEGIN} AS begin FROM generate_series(0, 9) AS wanted (priority)
    ) AS wanted
    CROSS JOIN tide
    LEFT JOIN LATERAL (
        SELECT slot.position FROM labeling_slot AS slot
        WHERE slot.queue_id = %(queue)s AND slot.site_id = %(site)s AND slot.answered_at IS NULL
          AND slot.priority = wanted.priority AND slot.position >= wanted.begin AND slot.position <= tide.settled
          AND (
              SELECT 1 FROM labeling_slot AS mine
              WHERE mine.task_id = slot.task_id AND mine.user_id = %(user)s AND mine.answered_at IS NOT NULL
          ) IS NULL
        ORDER BY slot.position
        LIMIT 1
    ) AS first ON true
)
INSERT INTO labeling_frontier AS own (user_id, queue_id, site_id, positions, moved_at)
SELECT %(user)s, %(queue)s, %(site)s,
       array_agg(GREATEST(ahead.begin, LEAST(ahead.position, tide.settled + 1)) ORDER BY ahead.priority), now()
FROM ahead CROSS JOIN tide
GROUP BY tide.settled
ON CONFLICT (user_id, queue_id, site_id) DO UPDATE
SET moved_at = now(), positions = (
    SELECT array_agg(GREATEST(old, new) ORDER BY number)
    FROM unnest(own.positions, excluded.positions) WITH ORDINALITY AS both_of (old, new, number)
)
"""


def move_now_and_then(*, user: Any, queue_id: UUID, site_id: int, claims: int) -> None:
    """Move both frontiers, once in EVERY claims on the average."""
    if random.random() * EVERY < claims:
        move(user=user, queue_id=queue_id, site_id=site_id)


def move(*, user: Any, queue_id: UUID, site_id: int, young: timedelta = YOUNG) -> None:
    """Move both frontiers as far as they may go, in the claim's transaction. It waits for nobody but this user."""
    terms = {"user": user.pk, "queue": queue_id, "site": site_id, "young": young}
    with connection.cursor() as cursor:
        cursor.execute(MOVE_COMMON, terms)
        if cursor.rowcount == 0:
            cursor.execute(BEGIN_COMMON, terms)
        cursor.execute(MOVE_OWN, terms)
