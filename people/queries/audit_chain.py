"""The audit log read for its chain: what is sealed, what is not yet, and whether it still is what was sealed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from people.domain.audit_chain import Fault, Sealed, broken, different, event_digest

# As words and whole numbers: what JSON or a driver makes of a fraction or a time is not the same everywhere.
COLUMNS = """
SELECT id, number, id::text, (extract(epoch FROM at) * 1000000)::bigint, actor_id, project_id::text,
       action, target, detail::text
FROM people_auditevent
"""
SEALS = "SELECT number, last_event, count, entries, previous, digest FROM people_auditseal ORDER BY number"
AT_ONCE = 2000
SEALS_AT_ONCE = 20


def ours() -> Any:
    """A cursor of this installation's database. What it finds stays at the server: it may be very much."""
    return connection.chunked_cursor()


@dataclass(frozen=True)
class Verified:
    """What came of reading the whole chain; `fault` is the first thing that is not as it was sealed."""

    seals: int
    events: int
    unsealed: int
    oldest_unsealed_at: datetime | None
    last: Sealed | None
    fault: Fault | None


def last_seal() -> Sealed | None:
    """The newest seal, None before the first."""
    with connection.cursor() as cursor:
        cursor.execute(f"{SEALS} DESC LIMIT 1")
        return next(map(_seal, cursor.fetchall()), None)


def newest_number() -> int:
    """The highest number of an event that can be seen, 0 without any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(number) FROM people_auditevent")
        return cursor.fetchone()[0] or 0


def events(
    after: int | None, up_to: int, *, most: int | None = None, cursors: Callable[[], Any] = ours
) -> Iterator[tuple[int | None, UUID, bytes]]:
    """(number, id, digest) of the events numbered above `after` to `up_to`, in order; of the unnumbered for None."""
    where, values = "number > %s AND number <= %s ORDER BY number", [after, up_to]
    if after is None:
        where, values = "number IS NULL OR number <= 0 ORDER BY number, people_auditevent.id", []
    with cursors() as cursor:
        cursor.execute(f"{COLUMNS} WHERE {where} LIMIT %s", [*values, most])
        while rows := cursor.fetchmany(AT_ONCE):
            for event_id, *fields in rows:
                yield fields[0], event_id, event_digest(fields)


def verify(cursors: Callable[[], Any] = ours, *, expected: tuple[int, str] | None = None) -> Verified:
    """Read every seal and every event under it, up to the first fault; `cursors` may be of another database.

    `expected` are number and digest, in hexadecimal, of a seal that was kept elsewhere: only it can tell whether the
    whole chain was made anew.
    """
    before: Sealed | None = None
    count = 0
    fault = None
    for seal in _seals(cursors):
        fault = broken(seal, before) or different(seal, _found(seal, before, cursors))
        if fault is None and expected is not None and seal.number == expected[0]:
            fault = None if seal.digest.hex() == expected[1] else Fault(seal.number, "", "not the one kept")
        if fault is not None:
            break
        before, count = seal, count + seal.count
    if fault is None and expected is not None and expected[0] > (before.number if before else 0):
        fault = Fault(expected[0], "", "missing")
    unsealed, oldest = _unsealed(before, cursors)
    return Verified(before.number if before else 0, count, unsealed, oldest, before, fault)


def _found(seal: Sealed, before: Sealed | None, cursors: Callable[[], Any]) -> Iterator[tuple[UUID, bytes]]:
    after = before.last_event if before else None
    return ((event_id, digest) for _, event_id, digest in events(after, seal.last_event, cursors=cursors))


def _unsealed(last: Sealed | None, cursors: Callable[[], Any]) -> tuple[int, datetime | None]:
    after = last.last_event if last else -1
    with cursors() as cursor:
        cursor.execute(
            "SELECT count(*), min(at) FROM people_auditevent WHERE number > %s OR %s", [after, last is None]
        )
        return cursor.fetchone()


def _seals(cursors: Callable[[], Any]) -> Iterator[Sealed]:
    with cursors() as cursor:
        cursor.execute(SEALS)
        while rows := cursor.fetchmany(SEALS_AT_ONCE):
            yield from map(_seal, rows)


def _seal(row: tuple[int, int, int, bytes, bytes, bytes]) -> Sealed:
    number, last_event, count, *parts = row
    entries, previous, digest = map(bytes, parts)
    return Sealed(number, last_event, count, entries, previous, digest)
