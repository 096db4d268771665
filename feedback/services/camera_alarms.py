"""The alarms of cameras and of devices at the edge: one for each kind of fault that stands, settled when it is gone."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from feedback.domain.camera_states import said
from feedback.enums import CameraFault
from feedback.models import CameraWatch
from people.enums import AlarmKind
from people.models import Alarm, Project
from people.queries import alarms as standing_alarms
from people.services.alarms import raise_alarm, settle

KIND_OF = {
    CameraFault.SILENT: AlarmKind.CAMERA_SILENT,
    CameraFault.FROZEN: AlarmKind.CAMERA_FROZEN,
    CameraFault.BLACK: AlarmKind.CAMERA_DARK,
    CameraFault.COVERED: AlarmKind.CAMERA_COVERED,
    CameraFault.MOVED: AlarmKind.CAMERA_MOVED,
    CameraFault.DARK: AlarmKind.CAMERA_DARK,
    CameraFault.BRIGHT: AlarmKind.CAMERA_BRIGHT,
    CameraFault.BLURRED: AlarmKind.CAMERA_BLURRED,
    CameraFault.CAST: AlarmKind.CAMERA_COLOUR,
    CameraFault.FORMAT: AlarmKind.CAMERA_FORMAT,
    CameraFault.CLOCK: AlarmKind.CAMERA_CLOCK,
    CameraFault.SLOW: AlarmKind.CAMERA_SLOW,
}
KINDS = sorted({str(kind) for kind in KIND_OF.values()})


def say(
    *,
    project: Project,
    judged: Iterable[CameraWatch],
    kept: Iterable[CameraWatch] = (),
    mended: Iterable[CameraWatch] = (),
) -> int:
    """Raise the alarms of what stands at the cameras `judged`, and settle all others; how many stand after it.

    Those of the cameras `kept` are left as they are: their stores are closed. Those `mended` are worked on: they
    raise none.
    """
    past: dict[str, list[Alarm]] = defaultdict(list)
    for alarm in standing_alarms.standing(project).filter(kind__in=KINDS):
        past[alarm.subject].append(alarm)
    for watch in kept:
        past.pop(watch.source.key, None)
    count = 0
    for watch in judged:
        with transaction.atomic():
            raised = _raise(project, watch)
            count += len(raised)
            past[watch.source.key] = [alarm for alarm in past[watch.source.key] if alarm.pk not in raised]
    for alarm in (each for left in past.values() for each in left):
        settle(user=None, alarm=alarm)
    return count


def _raise(project: Project, watch: CameraWatch) -> set[UUID]:
    by_fault = {CameraFault(entry["fault"]): entry for entry in watch.faults}
    raised = set()
    for fault in sorted(said(by_fault), key=list(CameraFault).index):
        entry, camera = by_fault[fault], watch.source
        alarm, _ = raise_alarm(
            project=project,
            kind=KIND_OF[fault],
            subject=camera.key,
            words=f"{camera.name} {entry['words']}",
            detail={
                **{name: entry[name] for name in ("fault", "value", "usual", "since")},
                "reference": str(watch.reference_id) if watch.reference_id else None,
                "now": str(watch.image_id) if watch.image_id else None,
            },
            site=camera.site,
            source=camera.key,
        )
        raised.add(alarm.pk)
    return raised
