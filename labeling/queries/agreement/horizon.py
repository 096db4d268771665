"""Up to which vote everything has been written: votes are numbered before they are committed."""

import time
from uuid import UUID

from django.db import connection

PATIENCE_SECONDS = 0.5
POLL_SECONDS = 0.005


def last_vote(project_id: UUID) -> tuple[int, bool]:
    """The number of the project's last vote that can be seen, 0 without any, and whether none below it is to come.

    A lower one can come only from a transaction that wrote something and was not over when the last was seen. Answers
    take milliseconds, so it waits for those a little; a bulk import may take longer.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(number), 0), ARRAY(SELECT pg_snapshot_xip(pg_current_snapshot())::text)"
            " FROM labeling_vote WHERE project_id = %s",
            [project_id],
        )
        number, writing = cursor.fetchone()
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while writing and time.monotonic() < give_up_at:
            time.sleep(POLL_SECONDS)
            cursor.execute(
                "SELECT ARRAY(SELECT x::text FROM pg_snapshot_xip(pg_current_snapshot()) AS x WHERE x::text = ANY(%s))",
                [writing],
            )
            (writing,) = cursor.fetchone()
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
