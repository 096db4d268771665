"""Watching that cameras send, and send pictures that are new: an alarm for each that does not, settled when it does."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from inference.domain.attendance import frozen, silent
from inference.queries import arrivals
from labeling.models import Source
from people.enums import AlarmKind
from people.models import Alarm, Project
from people.services.alarms import raise_alarm, settle

KINDS = (AlarmKind.CAMERA_SILENT, AlarmKind.CAMERA_FROZEN)


def look_everywhere() -> None:
    """Look at every project. Safe to run twice."""
    for project in Project.objects.order_by("pk"):
        look(project=project)


@transaction.atomic
def look(*, project: Project, now: datetime | None = None) -> int:
    """Raise the alarms of cameras that are silent or frozen, and settle those of others; how many stand after it."""
    came = arrivals.newest(project)
    found: dict[tuple[str, int], tuple[str, dict[str, Any]]] = {}
    for one in silent(came.sources, came.times, now or timezone.now()):
        words = (
            f"has sent nothing since {one.last_at:%Y-%m-%d %H:%M} UTC, while the project's other cameras sent "
            f"{one.others:,} pictures: about {one.missed:,.0f} of its own are missing."
        )
        figures = {"last_at": one.last_at, "others_since": one.others, "missed": round(one.missed, 1)}
        found[AlarmKind.CAMERA_SILENT, one.source] = (words, figures)
    for source, count in frozen(came.sources, came.images).items():
        words = f"sends one picture over and over: its last {count:,} are the same to the byte."
        found[AlarmKind.CAMERA_FROZEN, source] = (words, {"pictures": count})
    cameras = Source.objects.select_related("site").in_bulk({source for _, source in found})
    raised = []
    for (kind, source), (words, detail) in found.items():
        camera = cameras[source]
        raised.append(
            raise_alarm(
                project=project,
                kind=AlarmKind(kind),
                subject=camera.key,
                words=f"{camera.name} {words}",
                detail=detail,
                site=camera.site,
                source=camera.key,
            )[0].pk
        )
    past = Alarm.objects.filter(project=project, kind__in=KINDS, settled_at=None).exclude(pk__in=raised)
    for alarm in past:
        settle(user=None, alarm=alarm)
    return len(raised)
