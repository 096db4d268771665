"""What the newest pictures and arrivals of one camera make of its state. Nothing is stored here."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from feedback.domain.camera_faults import PICTURE, Finding
from feedback.domain.camera_learning import Learnt, judge
from feedback.domain.camera_picture import Measured, alike_tiles
from feedback.domain.camera_states import BLIND, Held, follow, state_of
from feedback.domain.camera_times import MISSED, SILENT_FOR, is_overdue, skew
from feedback.enums import CameraFault
from feedback.models import CameraWatch
from inference.domain.attendance import ALIKE, Silence
from labeling.models import Image

SAME = 0.9
"""The share of its parts that are equal to the bit in a picture that was encoded again, its clock in a corner apart."""
BEST_OF = 12
"""So many looks after its view is known, the one that shows it best is taken for how the camera should look."""
ORDER = list(CameraFault)


@dataclass(frozen=True)
class Look:
    """A picture of the camera that was opened: its capture, its image, what was measured and how it was encoded."""

    capture: UUID
    image: Image
    at: datetime
    measured: Measured
    encoding: str


@dataclass(frozen=True)
class Arrived:
    """What is known without opening a picture. `received` and `captured` are of the same captures."""

    now: datetime
    received: Sequence[datetime] = ()
    captured: Sequence[datetime] = ()
    silence: Silence | None = None
    same_bytes: int = 0
    slow: tuple[int, float] | None = None
    may_be_silent: bool = True


@dataclass
class Judged:
    """What one camera's look came to. `rows` are for the hour's means: brightness, detail, share of the view in place.

    `learnt` is whether more is known of it, `changed` whether other faults stand.
    """

    rows: list[tuple[float, float, float | None]] = field(default_factory=list)
    learnt: bool = False
    changed: bool = False


def take_in(watch: CameraWatch, looks: Sequence[Look], arrived: Arrived, *, learns: bool) -> Judged:
    """Have the watch hold what these looks and arrivals say; its fields are changed and not saved.

    `learns` is False while the camera is worked on: nothing of that is usual.
    """
    judged = Judged()
    held = {CameraFault(name): Held.from_json(kept) for name, kept in watch.held.items()}
    learnt = Learnt.from_kept(watch.learnt, bytes(watch.edges))
    known, words = learnt, {entry["fault"]: entry for entry in watch.faults}
    zone = ZoneInfo(watch.source.site.timezone) if watch.source.site else ZoneInfo("UTC")
    for look in looks:
        hour = look.at.astimezone(zone).hour
        sight, findings = judge(learnt, look.measured, look.encoding, hour)
        faults = {finding.fault for finding in findings}
        held = follow(held, faults, PICTURE)
        words |= {str(finding.fault): _entry(finding) for finding in findings}
        if learns and not faults and not any(each.stands for each in held.values()):
            learnt = learnt.absorb(look.measured, sight, look.encoding, hour)
            _propose_reference(watch, look, sight.here if sight else None)
        _compare(watch.recent, look.measured)
        judged.rows.append((look.measured.brightness, look.measured.detail, sight.here if sight else None))
    if learnt is not known:
        watch.learnt, watch.edges = learnt.to_json(), learnt.field_bytes()
        judged.learnt = True
    if looks:
        watch.image, watch.looked_at = looks[-1].image, arrived.now
    found = {str(finding.fault): _entry(finding) for finding in _of_arrivals(watch, arrived)}
    standing = {fault for fault, each in held.items() if each.stands} | {CameraFault(name) for name in found}
    if not arrived.may_be_silent and str(CameraFault.SILENT) in {entry["fault"] for entry in watch.faults}:
        standing.add(CameraFault.SILENT)
    watch.held = {str(fault): each.to_json() for fault, each in held.items()}
    judged.changed = _hold(watch, standing, words | found, arrived.now)
    return judged


def _hold(watch: CameraWatch, standing: set[CameraFault], words: dict[str, Any], now: datetime) -> bool:
    """Write state and faults; whether they became others."""
    before = {entry["fault"]: entry.get("since") for entry in watch.faults}
    watch.faults = [
        {**words[str(fault)], "since": before.get(str(fault)) or now.isoformat()}
        for fault in sorted(standing, key=ORDER.index)
    ]
    state = state_of(standing).value
    if state != watch.state:
        watch.state, watch.state_since = state, now
    watch.is_blind = bool(BLIND & standing)
    return set(before) != {str(fault) for fault in standing}


def _of_arrivals(watch: CameraWatch, arrived: Arrived) -> list[Finding]:
    found = []
    if silent := _silent(watch, arrived):
        found.append(silent)
    same = max(arrived.same_bytes, watch.recent.get("same", 0) + 1)
    if same >= ALIKE:
        how = "the same to the byte" if arrived.same_bytes >= ALIKE else "the same in every detail"
        words = f"sends one picture over and over: its last {same:,} are {how}."
        found.append(Finding(CameraFault.FROZEN, words, same, None))
    if (behind := skew(arrived.received, arrived.captured)) is not None:
        way = "behind" if behind > 0 else "ahead"
        words = f"has a clock that is {_long(abs(behind))} {way}, by when its pictures come."
        found.append(Finding(CameraFault.CLOCK, words, round(behind), 0))
    if arrived.slow is not None:
        count, wanted = arrived.slow
        words = f"sent {count:,} pictures in the last whole hour, where about {wanted:,.0f} are expected."
        found.append(Finding(CameraFault.SLOW, words, count, round(wanted, 1)))
    return found


def _silent(watch: CameraWatch, arrived: Arrived) -> Finding | None:
    last = watch.last_seen_at
    if last is None or not arrived.may_be_silent or arrived.now - last < SILENT_FOR:
        return None
    since = f"has sent nothing since {last:%Y-%m-%d %H:%M} UTC"
    if (one := arrived.silence) is not None:
        words = (
            f"{since}, while the project's other cameras sent {one.others:,} pictures: "
            f"about {one.missed:,.0f} of its own are missing."
        )
        return Finding(CameraFault.SILENT, words, round(one.missed, 1), None)
    per_hour = watch.expected_per_minute and watch.expected_per_minute * 60
    if per_hour and is_overdue(last, arrived.now, per_hour):
        missed = (arrived.now - last) / timedelta(hours=1) * per_hour
        words = f"{since}: by what is expected of it, about {missed:,.0f} pictures are missing."
        return Finding(CameraFault.SILENT, words, round(missed, 1), MISSED)
    return None


def _compare(recent: dict[str, Any], measured: Measured) -> None:
    """Count how many looks in a row show the same, encoded again or not."""
    before = tuple(recent.get("tiles", ()))
    same = bool(before) and alike_tiles(before, measured.tiles) >= SAME
    recent["same"] = recent.get("same", 0) + 1 if same else 0
    recent["tiles"] = list(measured.tiles)


def _propose_reference(watch: CameraWatch, look: Look, here: float | None) -> None:
    """Take a picture in which nothing is wrong for how the camera should look, while nobody has said so."""
    if watch.reference_by_id is not None:
        return
    seen = watch.recent.get("proposed", 0)
    if watch.reference_id is None or (
        here is not None and seen < BEST_OF and here > watch.recent.get("best", -1.0)
    ):
        watch.reference, watch.reference_at = look.image, look.at
        watch.recent["best"] = -1.0 if here is None else round(here, 3)
    if here is not None:
        watch.recent["proposed"] = min(seen + 1, BEST_OF)


def _entry(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "fault": str(finding.fault)}


def _long(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes:,} minutes"
    return f"{round(minutes / 60):,} hours" if minutes < 48 * 60 else f"{round(minutes / 1440):,} days"
