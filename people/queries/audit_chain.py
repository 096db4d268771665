"""The audit log read for its chain: what is sealed, what is not yet, and whether it still is what was sealed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from people.domain.audit_chain import Fault, Sealed, broken, different, event_digest
from people.models import AuditSeal

# As words and whole numbers: what JSON or a driver makes of a fraction or a time is not the same everywhere.
COLUMNS = """
SELECT id, number, id::text, (extract(epoch FROM at) * 1000000)::bigint, actor_id, project_id::text,
       action, target, detail::text
FROM people_auditevent
"""
AT_ONCE = 2000


@dataclass(frozen=True)
class Verified:
    """What came of reading the whole chain; `fault` is the first thing that is not as it was sealed."""

    seals: int
    events: int
    unsealed: int
    oldest_unsealed_at: datetime | None
    last: Sealed | None
    fault: Fault | None


def last_seal(using: str = "default") -> Sealed | None:
    """The newest seal, None before the first."""
    return next(_seals(AuditSeal.objects.using(using).order_by("-number")[:1]), None)


def newest_number(using: str = "default") -> int:
    """The highest number of an event that can be seen, 0 without any."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT max(number) FROM people_auditevent")
        return cursor.fetchone()[0] or 0


def events(
    after: int | None, up_to: int, *, most: int | None = None, using: str = "default"
) -> Iterator[tuple[int | None, UUID, bytes]]:
    """(number, id, digest) of the events numbered above `after` to `up_to`, in order; of the unnumbered for None."""
    where, values = "number > %s AND number <= %s ORDER BY number", [after, up_to]
    if after is None:
        where, values = "number IS NULL OR number <= 0 ORDER BY number, people_auditevent.id", []
    # Kept at the server: events from before there were numbers may be very many.
    with connections[using].chunked_cursor() as cursor:
        cursor.execute(f"{COLUMNS} WHERE {where} LIMIT %s", [*values, most])
        while rows := cursor.fetchmany(AT_ONCE):
            for event_id, *fields in rows:
                yield fields[0], event_id, event_digest(fields)


def verify(using: str = "default", *, expected: tuple[int, str] | None = None) -> Verified:
    """Read every seal and every event under it, up to the first fault.

    `expected` are number and digest, in hexadecimal, of a seal that was kept elsewhere: only it can tell whether the
    whole chain was made anew.
    """
    before: Sealed | None = None
    count = 0
    fault = None
    for seal in _seals(AuditSeal.objects.using(using).order_by("number").iterator(chunk_size=20)):
        fault = broken(seal, before) or different(seal, _found(seal, before, using))
        if fault is None and expected is not None and seal.number == expected[0]:
            fault = None if seal.digest.hex() == expected[1] else Fault(seal.number, "", "not the one kept")
        if fault is not None:
            break
        before, count = seal, count + seal.count
    if fault is None and expected is not None and expected[0] > (before.number if before else 0):
        fault = Fault(expected[0], "", "missing")
    unsealed, oldest = _unsealed(before, using)
    return Verified(before.number if before else 0, count, unsealed, oldest, before, fault)


def _found(seal: Sealed, before: Sealed | None, using: str) -> Iterator[tuple[UUID, bytes]]:
    after = before.last_event if before else None
    return ((event_id, digest) for _, event_id, digest in events(after, seal.last_event, using=using))


def _unsealed(last: Sealed | None, using: str) -> tuple[int, datetime | None]:
    after = last.last_event if last else -1
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(at) FROM people_auditevent WHERE number > %s OR %s", [after, last is None]
        )
        return cursor.fetchone()


def _seals(found: Any) -> Iterator[Sealed]:
    for seal in found:
        yield Sealed(
            seal.number,
            seal.last_event,
            seal.count,
            bytes(seal.entries),
            bytes(seal.previous),
            bytes(seal.digest),
        )
