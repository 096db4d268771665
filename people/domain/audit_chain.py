"""The audit log's chain: a digest of every event, and seals, each over the digests of its events and the seal before.

The digests are SHA-256 (FIPS 180-4). A seal is over 40 bytes of numbers, the seal before and the entries, so that no
two different contents are the same bytes; the first seal stands on 32 zeros.
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

NOTHING = bytes(32)
ENTRY = 48


@dataclass(frozen=True)
class Sealed:
    """A seal as it is kept: its number from 1, the last event's number that it covers, and its bytes."""

    number: int
    last_event: int
    count: int
    entries: bytes
    previous: bytes
    digest: bytes


@dataclass(frozen=True)
class Fault:
    """The first thing that is not as it was sealed."""

    seal: int
    event: str
    """The id of the event, empty where it is about the seal."""
    what: str
    """changed, missing, added, or of a seal: broken, missing."""


def event_digest(fields: Sequence[object]) -> bytes:
    """Of an event's columns in their order, as numbers, words or None."""
    return hashlib.sha256(json.dumps(list(fields), separators=(",", ":")).encode()).digest()


def entry(event_id: UUID, digest: bytes) -> bytes:
    """What a seal keeps of one event."""
    return event_id.bytes + digest


def sealed(number: int, last_event: int, entries: bytes, previous: bytes) -> Sealed:
    """The seal over these entries, after the one with the digest `previous`."""
    count = len(entries) // ENTRY
    head = b"vouch audit seal" + struct.pack(">qqq", number, last_event, count)
    digest = hashlib.sha256(head + previous + entries).digest()
    return Sealed(number, last_event, count, entries, previous, digest)


def broken(seal: Sealed, before: Sealed | None) -> Fault | None:
    """What is wrong with the seal itself, given the one that was read before it."""
    number = before.number + 1 if before else 1
    if seal.number != number:
        return Fault(number, "", "missing")
    previous = before.digest if before else NOTHING
    begins = before.last_event if before else 0
    if seal.last_event < begins or seal != sealed(number, seal.last_event, seal.entries, previous):
        return Fault(number, "", "broken")
    return None


def different(seal: Sealed, found: Iterator[tuple[UUID, bytes]]) -> Fault | None:
    """The first event that differs: `found` are the ids and digests of those in the seal's range, in its order."""
    kept = [
        (seal.entries[at : at + 16], seal.entries[at + 16 : at + ENTRY])
        for at in range(0, len(seal.entries), ENTRY)
    ]
    ids = {event_id for event_id, _ in kept}
    waiting = iter(kept)
    for event_id, digest in found:
        if event_id.bytes not in ids:
            return Fault(seal.number, str(event_id), "added")
        expected_id, expected = next(waiting)
        if event_id.bytes != expected_id:
            return Fault(seal.number, str(UUID(bytes=expected_id)), "missing")
        if digest != expected:
            return Fault(seal.number, str(event_id), "changed")
    for expected_id, _ in waiting:
        return Fault(seal.number, str(UUID(bytes=expected_id)), "missing")
    return None
