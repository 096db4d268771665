"""Watching queues' times: an alarm for each in which something waits past its own, settled when nothing does."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from labeling.models import Queue
from labeling.queries.late import Late, late_queues
from labeling.queries.queues import titles_of
from labeling.queries.tasks import COUNT_LIMIT
from people.enums import AlarmKind
from people.models import Alarm
from people.services.alarms import raise_alarm, settle

KIND = AlarmKind.QUEUE_LATE


@transaction.atomic
def look(now: datetime | None = None) -> int:
    """Raise the alarms of queues that are late, and settle those of queues that are not; returns how many are."""
    late = {str(one.queue_id): one for one in late_queues(now or timezone.now())}
    queues = list(Queue.objects.filter(pk__in=late).select_related("project"))
    titles = titles_of(queues)
    for queue in queues:
        found = late[str(queue.pk)]
        raise_alarm(
            project=queue.project,
            kind=KIND,
            subject=str(queue.pk),
            words=_words(titles[queue.pk], found),
            detail={
                "queue": queue.name,
                "late": found.tasks,
                "oldest_task": str(found.task_id),
                "due_at": found.due_at,
            },
        )
    for alarm in Alarm.objects.filter(kind=KIND, settled_at=None).exclude(subject__in=late):
        settle(user=None, alarm=alarm)
    return len(late)


def _words(title: str, found: Late) -> str:
    many = f"{found.tasks:,}{' or more' if found.tasks >= COUNT_LIMIT else ''} images wait past their time"
    if found.tasks == 1:
        many = "One image waits past its time"
    return f"{many} in {title}; the oldest was due on {found.due_at:%Y-%m-%d at %H:%M} UTC."
