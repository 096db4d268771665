"""Watching wrong passwords: an alarm in every project while a great many accounts or addresses are held off."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from people.enums import AlarmKind
from people.models import Alarm, Project, SignInAttempts
from people.services.alarms import raise_alarm, settle
from people.services.sign_in_attempts import FREE_AT_ACCOUNT

KIND = AlarmKind.SIGN_INS
WITHIN = timedelta(hours=1)
MANY = 20
FEW = 5
"""Between the two nothing is raised, and nothing that stands is settled."""


@transaction.atomic
def look(now: datetime | None = None) -> int:
    """Raise the alarm where many were tried too often within the hour, settle it where few were; returns how many."""
    lately = (now or timezone.now()) - WITHIN
    tried = SignInAttempts.objects.filter(last_at__gt=lately, count__gte=FREE_AT_ACCOUNT).count()
    if tried >= MANY:
        words = f"{tried:,} accounts or addresses had so many wrong passwords within the hour that they have to wait."
        for project in Project.objects.all():
            raise_alarm(project=project, kind=KIND, words=words, detail={"held_off": tried})
    elif tried <= FEW:
        for alarm in Alarm.objects.filter(kind=KIND, settled_at=None):
            settle(user=None, alarm=alarm)
    return tried
