"""Up to which vote everything has been written: votes are numbered before they are committed."""

import time
from uuid import UUID

from django.db import connection

PATIENCE_SECONDS = 0.5
POLL_SECONDS = 0.005
# Whoever writes a vote locks the table so before it is numbered, and until the transaction ends.
WRITING = """
SELECT coalesce(array_agg(DISTINCT virtualtransaction), '{}') FROM pg_locks
WHERE locktype = 'relation' AND relation = 'labeling_vote'::regclass AND mode = 'RowExclusiveLock'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""


def last_vote(project_id: UUID) -> tuple[int, bool]:
    """The number of the project's last vote that can be seen, 0 without any, and whether none below it is to come.

    A lower one can come only from a transaction that is writing votes when the last is seen. Answers take
    milliseconds, so it waits for those a little; an import of answers may take longer.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(number) FROM labeling_vote WHERE project_id = %s", [project_id])
        number = cursor.fetchone()[0] or 0
        cursor.execute(WRITING)
        writing = set(cursor.fetchone()[0])
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while writing and time.monotonic() < give_up_at:
            time.sleep(POLL_SECONDS)
            cursor.execute(WRITING)
            writing &= set(cursor.fetchone()[0])
    return number, not writing


def images_voted_on_since(project_id: UUID, number: int, *, most: int) -> list[UUID] | None:
    """The images with a vote numbered above `number`; None where those votes are more than `most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT image_id FROM labeling_vote WHERE project_id = %s AND number > %s LIMIT %s",
            [project_id, number, most + 1],
        )
        found = cursor.fetchall()
    return None if len(found) > most else list({image for (image,) in found})
