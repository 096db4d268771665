"""The alarm of each device at the edge that is unwell, settled when it reports that it is well."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from feedback.domain.edge_health import Said, unwell
from feedback.models import EdgeDevice, Promotion
from inference.queries.models import champion, files_of
from people.enums import AlarmKind
from people.models import Project
from people.queries import alarms as standing_alarms
from people.services.alarms import raise_alarm, settle

KIND = AlarmKind.EDGE_DEVICE


@transaction.atomic
def look(*, project: Project, now: datetime) -> int:
    """Raise and settle the alarms of the project's devices; how many stand after it."""
    devices = list(EdgeDevice.objects.filter(project=project))
    standing = {alarm.subject: alarm for alarm in standing_alarms.standing(project, KIND)}
    if not devices and not standing:
        return 0
    model = champion(project)
    files = files_of(model) if model else []
    began = model.created_at if model else None
    since = Promotion.objects.filter(project=project).aggregate(at=Max("at"))["at"]
    count = 0
    for device in devices:
        said = Said(
            at=device.reported_at,
            temperature=device.temperature,
            disk_free=device.disk_free,
            disk_total=device.disk_total,
            waiting=device.spool_captures,
            model_sha256=device.model_sha256,
        )
        serving = files[0]["sha256"] if files else ""
        words = unwell(said, now, serving=serving, serving_since=since or began)
        if words is None:
            continue
        count += 1
        standing.pop(device.device, None)
        raise_alarm(project=project, kind=KIND, subject=device.device, words=f"{device.device} {words}")
    for alarm in standing.values():
        settle(user=None, alarm=alarm)
    return count
