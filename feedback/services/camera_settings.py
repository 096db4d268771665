"""What people say of cameras: how they should look, what is expected of them, when not to judge them; on the record."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from feedback import rules
from feedback.enums import CameraState
from feedback.models import CameraWatch, EdgeDevice, StoreHours
from feedback.services.camera_alarms import say
from inference.models import Capture
from labeling.models import Source
from people.models import Project, Site
from people.services import audit

LONGEST_MAINTENANCE = timedelta(days=14)
MOST_A_MINUTE = 6000.0


class SettingRefused(ValueError):
    """Something that cannot be set so; `field` is what was wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@transaction.atomic
def set_reference(*, user: Any, source: Source) -> CameraWatch:
    """From now on the camera should look as in its newest photograph; all that is usual is learnt anew.

    Faults that its pictures have are over with it, and so are their alarms. Raises PermissionDenied, SettingRefused
    for a camera that has sent nothing.
    """
    rules.check_tend_cameras(user, source.project)
    watch = _held(source)
    newest = (
        Capture.objects.filter(project=source.project, source=source, image__erased_at=None)
        .select_related("image")
        .order_by("-id")
        .first()
    )
    if newest is None:
        raise SettingRefused("reference", "It has sent no photograph yet.")
    before = [entry["fault"] for entry in watch.faults]
    watch.reference, watch.reference_by, watch.reference_at = newest.image, user, timezone.now()
    watch.image = newest.image
    watch.learnt, watch.edges, watch.held, watch.recent = {}, b"", {}, {}
    # What came before is not looked at any more.
    watch.seen_to = newest.pk if watch.seen_to is None else max(watch.seen_to, newest.pk)
    watch.faults, watch.is_blind = [], False
    watch.state, watch.state_since = CameraState.OK.value, timezone.now()
    watch.save()
    say(project=source.project, judged=[watch], kept=_others(watch))
    _record(user, "camera.reference_set", source, {"image": str(newest.image_id), "faults": before})
    return watch


@transaction.atomic
def begin_maintenance(*, user: Any, source: Source, until: datetime, reason: str) -> CameraWatch:
    """Until then nothing about the camera is alarmed, and nothing learnt. Again sets it anew.

    Raises PermissionDenied, SettingRefused for a moment that is past or too far away.
    """
    rules.check_tend_cameras(user, source.project)
    now, reason = timezone.now(), " ".join(reason.split())
    if not now < until <= now + LONGEST_MAINTENANCE:
        raise SettingRefused("until", f"must be within the next {LONGEST_MAINTENANCE.days} days.")
    if len(reason) > 200 or not reason.isprintable():
        raise SettingRefused("reason", "must be at most 200 characters.")
    watch = _held(source)
    watch.maintenance_until, watch.maintenance_by, watch.maintenance_reason = until, user, reason
    watch.save(update_fields=["maintenance_until", "maintenance_by", "maintenance_reason"])
    say(project=source.project, judged=[], kept=_others(watch), mended=[watch])
    _record(user, "camera.maintenance_begun", source, {"until": until.isoformat(), "reason": reason})
    return watch


@transaction.atomic
def end_maintenance(*, user: Any, source: Source) -> CameraWatch:
    """The camera counts again; again is the same. Raises PermissionDenied."""
    rules.check_tend_cameras(user, source.project)
    watch = _held(source)
    if watch.maintenance_until is not None and watch.maintenance_until > timezone.now():
        watch.maintenance_until = timezone.now()
        watch.save(update_fields=["maintenance_until"])
        _record(user, "camera.maintenance_ended", source, {})
    return watch


@transaction.atomic
def set_expected(*, user: Any, source: Source, per_minute: float | None) -> CameraWatch:
    """How many captures a minute it should send; None has it learnt. Raises PermissionDenied, SettingRefused."""
    rules.check_tend_cameras(user, source.project)
    if per_minute is not None and not 0 < per_minute <= MOST_A_MINUTE:
        raise SettingRefused("expected_per_minute", f"must be more than 0 and at most {MOST_A_MINUTE:,.0f}.")
    watch = _held(source)
    watch.expected_per_minute = per_minute
    watch.save(update_fields=["expected_per_minute"])
    _record(user, "camera.expected_set", source, {"per_minute": per_minute})
    return watch


@transaction.atomic
def set_store_hours(
    *, user: Any, project: Project, site: Site, start: time | None, end: time | None, days: Collection[int]
) -> StoreHours:
    """When the site's cameras are not judged, by its own clock; nothing at all takes the hours away.

    Raises PermissionDenied, SettingRefused.
    """
    rules.check_tend_cameras(user, project)
    if (start is None) != (end is None):
        raise SettingRefused("end" if end is None else "start", "give both times, or neither.")
    if start is not None and start == end:
        raise SettingRefused(
            "end", "must differ from the start; choose days for a store that is closed all day."
        )
    if not all(0 <= day <= 6 for day in days):
        raise SettingRefused("days", "must be numbers from 0, Monday, to 6, Sunday.")
    kept, _ = StoreHours.objects.update_or_create(
        project=project,
        site=site,
        defaults={
            "start": start,
            "end": end,
            "days": sorted(set(days)),
            "set_by": user,
            "set_at": timezone.now(),
        },
    )
    detail = {"start": start and f"{start:%H:%M}", "end": end and f"{end:%H:%M}", "days": kept.days}
    audit.record(actor=user, action="store_hours.set", target=site, project_id=project.pk, detail=detail)
    return kept


@transaction.atomic
def forget_device(*, user: Any, project: Project, device: EdgeDevice) -> None:
    """The device was taken away: nothing is expected of it. Should it report, it is there again."""
    rules.check_tend_cameras(user, project)
    audit.record(
        actor=user,
        action="edge_device.forgotten",
        target=device.device,
        project_id=project.pk,
    )
    device.delete()


def _held(source: Source) -> CameraWatch:
    CameraWatch.objects.bulk_create([CameraWatch(source=source)], ignore_conflicts=True)
    locked = CameraWatch.objects.select_for_update(of=("self",)).select_related("source__site")
    return locked.get(pk=source.pk)


def _others(watch: CameraWatch) -> list[CameraWatch]:
    others = CameraWatch.objects.filter(source__project=watch.source.project_id).exclude(pk=watch.pk)
    return list(others.select_related("source"))


def _record(user: Any, action: str, source: Source, detail: dict[str, Any]) -> None:
    audit.record(actor=user, action=action, target=source, project_id=source.project_id, detail=detail)
