"""Queues of a million tasks, made in the database itself: the tables as they would be, had each come one by one."""

from typing import Any
from uuid import UUID

import psycopg
from tqdm import tqdm

AT_ONCE = 50_000

# Both places of a task stand one after the other in the line, as `open_tasks` puts them.
FILL = """
WITH images AS (
    INSERT INTO labeling_image (id, project_id, sha256, storage, key, media_type, bytes, width, height, filename,
                                "group", split, context)
    SELECT uuidv7(), %(project)s, encode(sha256(convert_to(%(queue)s || ' ' || number, 'UTF8')), 'hex'), 'default',
           'images/' || number, 'image/jpeg', 1000, 64, 48, number || '.jpg', '', '', '{}'
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS number
    RETURNING id
), tasks AS (
    INSERT INTO labeling_task (id, project_id, queue_id, image_id, site_id, state, priority, extra_answers)
    SELECT uuidv7(), %(project)s, %(queue)s, images.id, 0, 'open', 0, 0 FROM images
    RETURNING id
), places AS (
    SELECT id, generate_series(1, %(answers)s::int) FROM tasks
)
INSERT INTO labeling_slot (task_id, queue_id, site_id, priority, position, secret)
SELECT places.id, %(queue)s, 0, 0, nextval('labeling_slot_position'), '' FROM places
"""

ANSWER_FIRST = """
WITH line AS (
    SELECT id, task_id, row_number() OVER (PARTITION BY task_id ORDER BY position) AS number FROM (
        SELECT id, task_id, position FROM labeling_slot
        WHERE queue_id = %(queue)s AND answered_at IS NULL
        ORDER BY priority DESC, position
        LIMIT 2 * %(count)s::int
    ) AS first
)
UPDATE labeling_slot AS slot
SET user_id = %(user)s, leased_at = now(), expires_at = now(), answered_at = now()
FROM line WHERE line.number = 1 AND slot.id = line.id
"""

EXPIRE_FIRST = """
UPDATE labeling_slot SET user_id = %(user)s, secret = 'gone', leased_at = now() - interval '1 hour',
       expires_at = now() - interval '30 minutes'
WHERE id IN (
    SELECT min(id) FROM (
        SELECT id, task_id FROM labeling_slot
        WHERE queue_id = %(queue)s AND answered_at IS NULL
        ORDER BY priority DESC, position
        LIMIT 2 * %(count)s::int
    ) AS first GROUP BY task_id
)
"""


class Tables:
    """The benchmark's own way into the database, as its superuser: rows without the checks that make them slow."""

    def __init__(self, name: str, host: str) -> None:
        self.connection = psycopg.connect(dbname=name, host=host, user="postgres", autocommit=True)
        self.connection.execute("SET session_replication_role = replica")

    def fill(self, project: UUID, queue: UUID, tasks: int, words: str) -> None:
        """Open that many two-answer tasks in the queue, each about an image of its own."""
        with tqdm(total=tasks, desc=words, unit="task") as bar:
            for first in range(1, tasks + 1, AT_ONCE):
                last = min(first + AT_ONCE - 1, tasks)
                terms = {"project": project, "queue": queue, "first": first, "last": last, "answers": 2}
                self.connection.execute(FILL, terms)
                bar.update(last - first + 1)
        self.connection.execute("ANALYZE labeling_slot, labeling_task, labeling_image")

    def answer_first(self, queue: UUID, user: int, count: int) -> None:
        """Have the user answer the first `count` tasks, each once."""
        self.connection.execute(ANSWER_FIRST, {"queue": queue, "user": user, "count": count})

    def expire_first(self, queue: UUID, user: int, count: int) -> None:
        """Have the user hold a place of each of the first `count` tasks, and let the time run out."""
        self.connection.execute(EXPIRE_FIRST, {"queue": queue, "user": user, "count": count})

    def opened_yesterday(self, queue: UUID) -> None:
        """Let the common frontier have seen, a day ago, all that waits now."""
        self.connection.execute(
            """
            INSERT INTO labeling_commonfrontier (queue_id, site_id, positions, settled, seen, seen_at)
            SELECT %s, 0, array_fill(0::bigint, ARRAY[10]), 0, last_value, now() - interval '1 day'
            FROM labeling_slot_position
            """,
            [queue],
        )

    def one(self, statement: str, *terms: Any) -> Any:
        """The first column of a statement's one row."""
        row = self.connection.execute(statement, terms).fetchone()
        return row and row[0]
