"""What waits in the spool: a capture, what it is worth, and the file it came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Worth(IntEnum):
    """In this order captures leave a full spool; what is unsure never does."""

    CERTAIN = 0
    AUDIT = 1
    UNSURE = 2


class SpoolFull(Exception):
    """There is no room, and nothing that may leave: what came stays where it is until something was sent."""


@dataclass(frozen=True, slots=True)
class File:
    """Which file a picture came from: the same path with another size or time is another picture."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A capture to send. `id` names it for good; `taken_at` is by the device's clock, `captured_at` what the centre
    is told, None before the first try."""

    seq: int
    id: str
    source: str
    filename: str
    taken_at: float
    said: dict[str, Any]
    captured_at: float | None
    data: bytes
