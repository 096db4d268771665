"""A project's cameras with how they fare, as far as somebody may see them; which of them are blind."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from feedback.enums import CameraState
from feedback.models import CameraChange, CameraHour, CameraWatch, EdgeDevice, StoreHours
from labeling.enums import SourceKind
from labeling.models import Source
from labeling.rules import EVERY_SITE, sites_of
from people.models import Project, Site
from people.queries.prepared import run

HISTORY = timedelta(days=7)
MOST_CHANGES = 50


@dataclass(frozen=True)
class Faring:
    """How a camera fares: `watch` is None before the first look at it; captures of the last whole hour, and how many
    were expected in an hour, None where that is not known."""

    source: Source
    watch: CameraWatch | None
    last_hour: int
    expected: float | None

    @property
    def state(self) -> CameraState | None:
        """None while nothing is known: nothing is wrong with it, but no picture of it was looked at yet."""
        if self.watch is None or (self.watch.state == CameraState.OK and self.watch.looked_at is None):
            return None
        return CameraState(self.watch.state)

    @property
    def is_maintained(self) -> bool:
        """Whether somebody works on it now."""
        until = self.watch.maintenance_until if self.watch else None
        return until is not None and until > timezone.now()


def visible_to(user: Any, project: Project) -> QuerySet[Source]:
    """Cameras with their site and watch, by store and name; whose role is bounded to sites sees those of these."""
    found = Source.objects.filter(project=project, kind=SourceKind.CAMERA.value).select_related(
        "project", "site", "watch__image", "watch__reference", "watch__reference_by", "watch__maintenance_by"
    )
    if (sites := sites_of(user, project)) is not EVERY_SITE:
        found = found.filter(site__in=sites)
    return found.order_by("site__name", "name", "pk")


def faring(user: Any, project: Project) -> list[Faring]:
    """Each camera of `visible_to`, in its order."""
    counts = last_hour(project)
    return [_faring(source, counts.get(source.pk, 0)) for source in visible_to(user, project)]


def faring_of(user: Any, project: Project, key: str) -> Faring | None:
    """One camera of `visible_to` by its key; None where there is none."""
    source = None if "\0" in key else visible_to(user, project).filter(key=key).first()
    return None if source is None else _faring(source, last_hour(project).get(source.pk, 0))


def blind(sources: Collection[int]) -> dict[int, str]:
    """Of these sources those whose predictions go to nobody, with the fault that says why."""
    # Every batch of predictions asks.
    statement = """
        SELECT source_id, faults -> 0 ->> 'fault' FROM feedback_camerawatch
        WHERE is_blind AND source_id = ANY(%s)
    """
    return dict(run(statement, [list(sources)]))


def last_hour(project: Project, now: datetime | None = None) -> dict[int, int]:
    """Captures of each source in the whole hour before this one."""
    hour = (now or timezone.now()).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    rows = CameraHour.objects.filter(source__project=project, hour=hour)
    return dict(rows.values_list("source_id", "captures"))


def history(source: Source, now: datetime | None = None) -> list[CameraHour]:
    """The hours of the last week in which something of it came or was looked at, oldest first."""
    since = (now or timezone.now()) - HISTORY
    return list(CameraHour.objects.filter(source=source, hour__gte=since).order_by("hour"))


def changes(source: Source) -> list[CameraChange]:
    """The newest changes of its state or faults, newest first."""
    return list(
        CameraChange.objects.filter(source=source).select_related("image").order_by("-id")[:MOST_CHANGES]
    )


def store_hours(user: Any, project: Project) -> list[tuple[Site, StoreHours | None]]:
    """The sites of the cameras that the user sees, with the hours set for them, by name."""
    sites = (
        Site.objects.filter(Q(sources__in=visible_to(user, project).values("pk"))).distinct().order_by("name")
    )
    kept = {hours.site_id: hours for hours in StoreHours.objects.filter(project=project)}
    return [(site, kept.get(site.pk)) for site in sites]


def devices(project: Project) -> QuerySet[EdgeDevice]:
    """What devices at the edge said of themselves last, by name."""
    return EdgeDevice.objects.filter(project=project).order_by("device")


def _faring(source: Source, captures: int) -> Faring:
    watch: CameraWatch | None = getattr(source, "watch", None)
    expected = None
    if watch is not None:
        set_by_hand = watch.expected_per_minute and watch.expected_per_minute * 60
        expected = set_by_hand or (watch.recent.get("hour") or {}).get("expected")
    return Faring(source, watch, captures, expected)
