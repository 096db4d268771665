"""A week of a project, Monday to Monday where it is, and when the letter about it is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LETTER_AT = time(6)
"""Local time of a Monday from which on the letter about the week before goes."""

GRACE = timedelta(days=2)
"""A letter later than this after its hour is news no more."""


@dataclass(frozen=True)
class Week:
    """From `monday` at midnight to the next at midnight, both in `zone`: 167 or 169 hours where clocks change."""

    monday: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.monday.weekday():
            raise ValueError(f"A week begins on a Monday, and {self.monday} is none.")

    @property
    def start(self) -> datetime:
        return datetime.combine(self.monday, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The first moment that is not in it."""
        return datetime.combine(self.monday + timedelta(days=7), time(), self.zone)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def before(self) -> Week:
        return Week(self.monday - timedelta(days=7), self.zone)

    @property
    def after(self) -> Week:
        return Week(self.monday + timedelta(days=7), self.zone)

    def is_over(self, now: datetime) -> bool:
        return now >= self.end

    def letter_is_due(self, now: datetime) -> bool:
        """Whether the letter about this week should go now, if it has not gone."""
        due = datetime.combine(self.after.monday, LETTER_AT, self.zone)
        return due <= now < due + GRACE


def week_at(moment: datetime, zone: ZoneInfo) -> Week:
    """The week that an aware moment lies in."""
    day = moment.astimezone(zone).date()
    return Week(day - timedelta(days=day.weekday()), zone)


def commonest_zone(zones: Iterable[str], otherwise: str) -> ZoneInfo:
    """The time zone that most of the sites are in, of equally many the first by name; `otherwise` without sites."""
    counted = Counter(zones)
    if not counted:
        return ZoneInfo(otherwise)
    return ZoneInfo(min(counted, key=lambda name: (-counted[name], name)))
