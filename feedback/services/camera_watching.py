"""Each minute's look at every camera: what came of it, its newest pictures, its state, and the alarms of that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from feedback.domain.camera_times import QuietHours, expected, is_slow
from feedback.models import CameraChange, CameraHour, CameraWatch, StoreHours
from feedback.services import edge_alarms
from feedback.services.camera_alarms import say
from feedback.services.camera_judging import Arrived, Judged, Look, take_in
from feedback.services.camera_looking import encoding_of, look_at
from inference.domain.attendance import frozen, silent
from inference.queries import arrivals
from labeling.enums import SourceKind
from labeling.models import Image, Source
from people.models import Project
from people.queries.ids import id_floor

PICTURES = 2
"""At most so many pictures of a camera are opened in one look, the newest and one between: its cost has a bound."""
MOST_PICTURES = 400
"""And so many of a project's cameras together; those that wait longest come first."""
HOUR = timedelta(hours=1)
KNOWN_DAYS = 14
LEARNT = ("learnt", "edges")
KEPT_DAYS = 60
CLOCK_SAMPLES = 60
CLOCK_REACH = timedelta(minutes=30)
OPENING = timedelta(minutes=15)
"""After a store opens, so long nobody is called silent."""

COUNT = """
INSERT INTO feedback_camerahour (source_id, hour, captures, looks)
SELECT source_id, hour, sum(captures), 0 FROM (
    SELECT capture.source_id, date_trunc('hour', capture.received_at) AS hour, count(*) AS captures
    FROM inference_capture AS capture
    WHERE capture.project_id = %(project)s AND capture.id >= %(floor)s AND capture.received_at >= %(since)s
    GROUP BY 1, 2
    UNION ALL
    SELECT source_id, hour, sum(captures) FROM feedback_edgecount
    WHERE project_id = %(project)s AND hour >= %(since)s AND hour <= %(now)s GROUP BY 1, 2
) AS came JOIN labeling_source AS source ON source.id = source_id AND source.kind = 'camera'
GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT ON CONSTRAINT one_camera_hour DO UPDATE SET captures = EXCLUDED.captures
"""


def look_everywhere() -> None:
    """Look at every project's cameras and devices. Safe to run twice."""
    for project in Project.objects.order_by("pk"):
        look(project=project)
        edge_alarms.look(project=project, now=timezone.now())


def look(*, project: Project, now: datetime | None = None) -> int:
    """Look at the project's cameras; how many of their alarms stand after it.

    Two at once would look at the same pictures twice: the job has a lock. Pictures are opened before anything is
    written, and each camera is written by itself.
    """
    now = now or timezone.now()
    cameras = Source.objects.filter(project=project, kind=SourceKind.CAMERA.value)
    CameraWatch.objects.bulk_create(
        [CameraWatch(source_id=pk) for pk in cameras.filter(watch=None).values_list("pk", flat=True)],
        ignore_conflicts=True,
    )
    came = arrivals.newest(project)
    _count(project, now)
    places = came.by_source()
    silences = {one.source: one for one in silent(came.sources, came.times, now)}
    same = frozen(came.sources, came.images)
    closed = {hours.site_id: hours for hours in StoreHours.objects.filter(project=project)}
    watches = CameraWatch.objects.filter(source__in=cameras).order_by(
        F("looked_at").asc(nulls_first=True), "pk"
    )
    judged, kept, mended, opened = [], [], [], 0
    for watch in watches.select_related("source__site"):
        own = places.get(watch.source_id, [])
        quiet = _quiet(watch.source, closed)
        chosen = [] if quiet(now) or opened >= MOST_PICTURES else _chosen(watch, came, own)
        opened += len(chosen)
        looks = _open(came, chosen)
        sample = _sample(came.times, own, now)
        arrived = Arrived(
            now=now,
            received=[came.times[place] for place in sample],
            captured=[came.captured[place] for place in sample],
            silence=silences.get(watch.source_id),
            same_bytes=same.get(watch.source_id, 0),
            may_be_silent=not quiet(now - OPENING),
        )
        last = came.times[own[-1]] if own else None
        seen = came.ids[own[-1]] if own else None
        after = _write(watch.pk, looks, arrived, last=last, seen=seen, quiet=quiet)
        group = kept if quiet(now) else mended if _is_mended(after, now) else judged
        group.append(after)
    return say(project=project, judged=judged, kept=kept, mended=mended)


def _quiet(source: Source, closed: dict[int, StoreHours]) -> "Quiet":
    hours = closed.get(source.site_id or 0)
    zone = ZoneInfo(source.site.timezone) if source.site else ZoneInfo("UTC")
    return Quiet(hours, zone)


class Quiet:
    """Asks whether a store is closed at a time."""

    def __init__(self, hours: StoreHours | None, zone: ZoneInfo) -> None:
        self._hours = QuietHours(hours.start, hours.end, frozenset(hours.days)) if hours else QuietHours()
        self._zone = zone

    def __call__(self, at: datetime) -> bool:
        return self._hours.has(at.astimezone(self._zone))


def _is_mended(watch: CameraWatch, now: datetime) -> bool:
    return watch.maintenance_until is not None and watch.maintenance_until > now


def _chosen(watch: CameraWatch, came: arrivals.Arrivals, own: Sequence[int]) -> list[int]:
    """Places of the captures to open: the newest that were not looked at, and one in the middle of them."""
    new = [place for place in own if watch.seen_to is None or came.ids[place] > watch.seen_to]
    if len(new) <= PICTURES:
        return new
    step = len(new) / PICTURES
    return [new[round((number + 1) * step) - 1] for number in range(PICTURES)]


def _open(came: arrivals.Arrivals, chosen: Sequence[int]) -> list[Look]:
    images = Image.objects.in_bulk({came.images[place] for place in chosen}) if chosen else {}
    looks = []
    for place in chosen:
        image = images.get(came.images[place])
        measured = look_at(image) if image is not None else None
        if image is not None and measured is not None:
            looks.append(Look(came.ids[place], image, came.times[place], measured, encoding_of(image)))
    return looks


def _sample(times: Sequence[datetime], own: Sequence[int], now: datetime) -> list[int]:
    """Places of some of the camera's captures of the last half hour, or of its last five."""
    lately = [place for place in own if times[place] >= now - CLOCK_REACH]
    lately = lately if len(lately) >= 5 else list(own[-5:])
    return lately[:: max(1, len(lately) // CLOCK_SAMPLES)]


@transaction.atomic
def _write(
    pk: int,
    looks: Sequence[Look],
    arrived: Arrived,
    *,
    last: datetime | None,
    seen: UUID | None,
    quiet: Quiet,
) -> CameraWatch:
    watch = CameraWatch.objects.select_for_update(of=("self",)).select_related("source__site").get(pk=pk)
    # Somebody may have set how it should look since: what came before that is over.
    looks = [look for look in looks if watch.seen_to is None or look.capture > watch.seen_to]
    if last is not None and (watch.last_seen_at is None or last > watch.last_seen_at):
        watch.last_seen_at = last
    if seen is not None and (watch.seen_to is None or seen > watch.seen_to):
        watch.seen_to = seen
    if quiet(arrived.now):
        watch.save(update_fields=["last_seen_at", "seen_to"])
        return watch
    learns = not _is_mended(watch, arrived.now)
    judged = take_in(watch, looks, replace(arrived, slow=_slow(watch, arrived.now, quiet)), learns=learns)
    # What is learnt is some twenty kilobytes, and mostly as it was.
    left = {"source"} if judged.learnt else {"source", *LEARNT}
    watch.save(update_fields={each.name for each in CameraWatch._meta.concrete_fields} - left)
    _keep_means(watch, arrived.now, judged)
    if judged.changed:
        CameraChange.objects.create(
            source=watch.source, state=watch.state, faults=watch.faults, image=watch.image, at=arrived.now
        )
    return watch


def _slow(watch: CameraWatch, now: datetime, quiet: Quiet) -> tuple[int, float] | None:
    """What came in the last whole hour and what is expected in it, where that was far more; worked out once an hour."""
    hour = now.replace(minute=0, second=0, microsecond=0) - HOUR
    kept = watch.recent.get("hour")
    if kept is None or kept["at"] != hour.isoformat():
        rows = CameraHour.objects.filter(source_id=watch.pk, hour__gte=hour - timedelta(days=KNOWN_DAYS))
        counts = dict(rows.values_list("hour", "captures"))
        CameraHour.objects.filter(source_id=watch.pk, hour__lt=hour - timedelta(days=KEPT_DAYS)).delete()
        learnt = expected([count for at, count in counts.items() if at != hour and at.hour == hour.hour])
        kept = {"at": hour.isoformat(), "captures": counts.get(hour, 0), "expected": learnt}
        watch.recent["hour"] = kept
    wanted = watch.expected_per_minute * 60 if watch.expected_per_minute else kept["expected"]
    if wanted is None or quiet(hour) or quiet(hour + HOUR) or not is_slow(kept["captures"], wanted):
        return None
    return kept["captures"], wanted


def _keep_means(watch: CameraWatch, now: datetime, judged: Judged) -> None:
    if not judged.rows:
        return
    hour = now.replace(minute=0, second=0, microsecond=0)
    row, _ = CameraHour.objects.get_or_create(source_id=watch.pk, hour=hour)
    for brightness, detail, here in judged.rows:
        row.looks += 1
        for name, value in (("brightness", brightness), ("detail", detail), ("here", here)):
            before = getattr(row, name)
            if value is not None:
                mean = value if before is None else before + (value - before) / row.looks
                setattr(row, name, round(mean, 4))
    row.save(update_fields=["looks", "brightness", "detail", "here"])


def _count(project: Project, now: datetime) -> None:
    """Count the captures of this hour and the one before, those counted by devices at the edge among them."""
    since = now.replace(minute=0, second=0, microsecond=0) - HOUR
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"project": project.pk, "floor": id_floor(since), "since": since, "now": now})
