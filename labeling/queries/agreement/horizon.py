"""Up to which vote everything has been written: votes are numbered before they are committed."""

from uuid import UUID

from django.db import connection

from people.queries import writers

PATIENCE_SECONDS = 0.5


def last_vote(project_id: UUID) -> tuple[int, bool]:
    """The number of the project's last vote that can be seen, 0 without any, and whether none below it is to come.

    A lower one can come only from a transaction that is writing votes when the last is seen. Answers take
    milliseconds, so it waits for those a little; an import of answers may take longer.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(number) FROM labeling_vote WHERE project_id = %s", [project_id])
        number = cursor.fetchone()[0] or 0
    return number, writers.are_gone("labeling_vote", patience_seconds=PATIENCE_SECONDS)


def images_voted_on_since(project_id: UUID, number: int, *, most: int) -> list[UUID] | None:
    """The images with a vote numbered above `number`; None where those votes are more than `most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT image_id FROM labeling_vote WHERE project_id = %s AND number > %s LIMIT %s",
            [project_id, number, most + 1],
        )
        found = cursor.fetchall()
    return None if len(found) > most else list({image for (image,) in found})
