"""Whether what is visible of a table is final: rows are numbered before they are committed."""

import time

from django.db import connection

POLL_SECONDS = 0.005
# Whoever writes a row locks the table so before it is numbered, and until the transaction ends.
WRITING = """
SELECT coalesce(array_agg(DISTINCT virtualtransaction), '{}') FROM pg_locks
WHERE locktype = 'relation' AND relation = %s::regclass AND mode = 'RowExclusiveLock'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""


def are_gone(table: str, *, patience_seconds: float) -> bool:
    """Wait until every transaction that is writing to the table has ended; False where one outlasts the patience.

    A number below the highest that was seen before can come from these alone: once they are gone, none is to come.
    """
    with connection.cursor() as cursor:
        cursor.execute(WRITING, [table])
        writing = set(cursor.fetchone()[0])
        give_up_at = time.monotonic() + patience_seconds
        while writing and time.monotonic() < give_up_at:
            time.sleep(POLL_SECONDS)
            cursor.execute(WRITING, [table])
            writing &= set(cursor.fetchone()[0])
    return not writing
