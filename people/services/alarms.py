"""Raising alarms, once each, and settling them."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from people.enums import Event
from people.models import Alarm, Project
from people.rules import LEADS, check_role
from people.services import audit, webhooks
from people.services.announcements import announce, project_topic


@transaction.atomic
def raise_alarm(
    *, project: Project, kind: str, subject: str = "", words: str, detail: dict[str, Any] | None = None
) -> tuple[Alarm, bool]:
    """Say it; one that stands already about this subject gets the newest words. Returns it and whether it is new."""
    wished = Alarm(project=project, kind=kind, subject=subject, words=words, detail=detail or {})
    Alarm.objects.bulk_create([wished], ignore_conflicts=True)
    alarm = Alarm.objects.select_for_update().get(
        project=project, kind=kind, subject=subject, settled_at=None
    )
    is_new = alarm.pk == wished.pk
    if not is_new:
        alarm.words, alarm.detail = words, detail or {}
        alarm.save(update_fields=["words", "detail"])
    announce(project_topic(project.pk), "alarms.changed", [alarm.pk])
    if is_new:
        webhooks.announce(project=project, event=Event.ALARM_RAISED, data=_told(alarm))
    return alarm, is_new


@transaction.atomic
def settle(*, user: Any | None, alarm: Alarm) -> Alarm:
    """It needs nobody any more: a lead says so, or (user None) what it was about has passed. Again is the same."""
    if user is not None:
        check_role(user, alarm.project, LEADS, "settle alarms")
    standing = Alarm.objects.select_for_update().select_related("project").get(pk=alarm.pk)
    if standing.settled_at is not None:
        return standing
    standing.settled_at, standing.settled_by = timezone.now(), user
    standing.save(update_fields=["settled_at", "settled_by"])
    audit.record(
        actor=user,
        action="alarm.settled",
        target=standing,
        project_id=standing.project_id,
        detail={"kind": standing.kind, "subject": standing.subject},
    )
    announce(project_topic(standing.project_id), "alarms.changed", [standing.pk])
    webhooks.announce(project=standing.project, event=Event.ALARM_SETTLED, data=_told(standing))
    return standing


def _told(alarm: Alarm) -> dict[str, Any]:
    names = ("kind", "subject", "words", "detail", "raised_at", "settled_at")
    return {"id": str(alarm.pk), **{name: getattr(alarm, name) for name in names}}
