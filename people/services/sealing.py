"""Sealing the audit log: what was written and is certain to be all of it, in batches, each over the one before."""

from django.db import connection, transaction

from people.domain.audit_chain import NOTHING, entry, sealed
from people.models import AuditSeal
from people.queries import audit_chain, writers

LARGEST = 10_000
PATIENCE_SECONDS = 5.0


def seal() -> int:
    """Seal every event that can be; returns how many. Writing events never waits for it, nor for one another.

    While a transaction that wrote an event goes on for longer than a few seconds nothing is sealed: a number below
    those that can be seen may yet come of it. The next call finds it ended.
    """
    up_to = audit_chain.newest_number()
    if not writers.are_gone("people_auditevent", patience_seconds=PATIENCE_SECONDS):
        return 0
    total = 0
    while (count := _seal_next(up_to)) is not None:
        total += count
    return total


@transaction.atomic
def _seal_next(up_to: int) -> int | None:
    """The number of events in one more seal; None where nothing up to `up_to` is left."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE people_auditseal IN SHARE ROW EXCLUSIVE MODE")
    last = audit_chain.last_seal()
    # The first is of what was written before events had numbers, all of it: also nothing.
    after = last.last_event if last else None
    found = list(audit_chain.events(after, up_to, most=LARGEST if last else None))
    if last and not found:
        return None
    made = sealed(
        last.number + 1 if last else 1,
        found[-1][0] if last else 0,
        b"".join(entry(event_id, digest) for _, event_id, digest in found),
        last.digest if last else NOTHING,
    )
    AuditSeal.objects.create(
        number=made.number,
        last_event=made.last_event,
        count=made.count,
        entries=made.entries,
        previous=made.previous,
        digest=made.digest,
    )
    return made.count
