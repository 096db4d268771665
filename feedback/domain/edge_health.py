"""Whether a device at the edge is well, by what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SILENT_FOR = timedelta(minutes=30)
HOT = 85.0
"""In °C: most boards slow themselves down from about there on."""
LEAST_FREE = 0.05
MANY_WAIT = 1000
NEWS = timedelta(minutes=30)
"""After a model began to serve, so long a device may take to fetch it."""


@dataclass(frozen=True)
class Said:
    """The newest report: °C, bytes, captures that wait, and the SHA-256 of the model's file that decides there."""

    at: datetime
    temperature: float | None
    disk_free: int | None
    disk_total: int | None
    waiting: int
    model_sha256: str


def unwell(said: Said, now: datetime, *, serving: str, serving_since: datetime | None) -> str | None:
    """What is wrong, in words that follow the device's name; None where all is well.

    `serving` is the SHA-256 of the file that the centre would have it use, empty where there is none.
    """
    if now - said.at >= SILENT_FOR:
        return f"has said nothing since {said.at:%Y-%m-%d %H:%M} UTC."
    reasons = []
    if said.temperature is not None and said.temperature >= HOT:
        reasons.append(f"is {said.temperature:.0f} °C hot")
    if said.disk_free is not None and said.disk_total and said.disk_free < LEAST_FREE * said.disk_total:
        reasons.append(f"has {said.disk_free / said.disk_total:.0%} of its disk left")
    if said.waiting >= MANY_WAIT:
        reasons.append(f"has {said.waiting:,} captures waiting to be sent")
    settled = serving_since is not None and now - serving_since >= NEWS
    if serving and settled and said.model_sha256 and said.model_sha256 != serving:
        reasons.append("decides by another model than the one that serves")
    return f"{', '.join(reasons)}." if reasons else None
