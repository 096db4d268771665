"""Raising alarms, once each, saying that somebody looks at them, and settling them."""

import json
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from uuid_utils.compat import uuid7

from people.domain.alarm_natures import NATURES
from people.enums import AlarmKind, Event
from people.models import Alarm, Project, Site
from people.rules import LEADS, check_role
from people.services import audit, outbox
from people.services.announcements import announce, project_topic

MAIL_JOB = "people.mail_alarm"

# In one statement, so that of two workers one raises it and the other is counted, also while a third settles it.
RAISE = """
INSERT INTO people_alarm (id, project_id, kind, subject, site_id, source, severity, words, detail)
VALUES (%(id)s, %(project)s, %(kind)s, %(subject)s, %(site)s, %(source)s, %(severity)s, %(words)s, %(detail)s)
ON CONFLICT (project_id, kind, subject) WHERE settled_at IS NULL DO UPDATE
SET words = EXCLUDED.words, detail = EXCLUDED.detail, site_id = EXCLUDED.site_id, source = EXCLUDED.source,
    last_seen_at = now(), count = people_alarm.count + 1
RETURNING id
"""


@transaction.atomic
def raise_alarm(
    *,
    project: Project,
    kind: AlarmKind,
    subject: str = "",
    words: str,
    detail: dict[str, Any] | None = None,
    site: Site | None = None,
    source: str = "",
) -> tuple[Alarm, bool]:
    """Say it; one that stands already about this subject is counted and gets the newest words.

    `source` is a source's key. Returns the alarm and whether it is new: then webhooks are told and a letter is written.
    """
    kind = AlarmKind(kind)
    nature = NATURES[kind]
    wished = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            RAISE,
            {
                "id": wished,
                "project": project.pk,
                "kind": str(kind),
                "subject": subject,
                "site": site.pk if site else None,
                "source": source,
                "severity": str(nature.severity),
                "words": words,
                "detail": json.dumps(detail or {}, cls=DjangoJSONEncoder),
            },
        )
        (pk,) = cursor.fetchone()
    alarm = Alarm.objects.select_related("project", "site").get(pk=pk)
    is_new = pk == wished
    announce(project_topic(project.pk), "alarms.changed", [alarm.pk])
    if is_new:
        outbox.announce(project=project, event=Event.ALARM_RAISED, data=_told(alarm))
        if nature.is_mailed:
            app.configure_task(MAIL_JOB, queue="default").defer(alarm_id=str(alarm.pk))
    return alarm, is_new


@transaction.atomic
def acknowledge(*, user: Any, alarm: Alarm) -> Alarm:
    """Somebody looks at it: it stands on, and calls nobody any more. Again is the same; a settled one stays as it is.

    Raises PermissionDenied.
    """
    check_role(user, alarm.project, LEADS, "acknowledge alarms")
    standing = _held(alarm)
    if standing.acknowledged_at is not None or standing.settled_at is not None:
        return standing
    standing.acknowledged_at, standing.acknowledged_by = timezone.now(), user
    standing.save(update_fields=["acknowledged_at", "acknowledged_by"])
    _record(user, "alarm.acknowledged", standing)
    announce(project_topic(standing.project_id), "alarms.changed", [standing.pk])
    return standing


@transaction.atomic
def settle(*, user: Any | None, alarm: Alarm) -> Alarm:
    """It needs nobody any more: a lead says so, or (user None) what it was about has passed. Again is the same."""
    if user is not None:
        check_role(user, alarm.project, LEADS, "settle alarms")
    standing = _held(alarm)
    if standing.settled_at is not None:
        return standing
    standing.settled_at, standing.settled_by = timezone.now(), user
    standing.save(update_fields=["settled_at", "settled_by"])
    _record(user, "alarm.settled", standing)
    announce(project_topic(standing.project_id), "alarms.changed", [standing.pk])
    outbox.announce(project=standing.project, event=Event.ALARM_SETTLED, data=_told(standing))
    return standing


def runbook_of(kind: str) -> str:
    """Where it is written what to do about such an alarm: an address for letters and other systems."""
    # Asked for with locks held, by workers: looking the address up by its name would first import every page there is.
    return f"{settings.PUBLIC_URL}/runbooks/{kind}/"


def page_of(project: Project) -> str:
    """Where the project's alarms stand, likewise."""
    return f"{settings.PUBLIC_URL}/p/{project.slug}/alarms/"


def _held(alarm: Alarm) -> Alarm:
    locked = Alarm.objects.select_for_update(of=("self",))
    return locked.select_related("project", "site", "acknowledged_by", "settled_by").get(pk=alarm.pk)


def _record(user: Any | None, action: str, alarm: Alarm) -> None:
    audit.record(
        actor=user,
        action=action,
        target=alarm,
        project_id=alarm.project_id,
        detail={"kind": alarm.kind, "subject": alarm.subject},
    )


def _told(alarm: Alarm) -> dict[str, Any]:
    names = ("kind", "subject", "source", "severity", "words", "detail", "raised_at", "settled_at", "count")
    return {
        "id": str(alarm.pk),
        **{name: getattr(alarm, name) for name in names},
        "site": alarm.site.key if alarm.site else None,
        "runbook": runbook_of(alarm.kind),
    }
