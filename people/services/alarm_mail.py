"""Writing to those who lead a project when an alarm is raised: one letter an alarm, none when it is seen again."""

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from people.domain.alarm_natures import NATURES
from people.enums import AlarmKind
from people.models import Alarm
from people.queries import alarms
from people.services.alarms import page_of, runbook_of

LONGEST_SUBJECT = 150


def mail(*, alarm_id: str) -> bool:
    """Write to the leads who have an address; whether a letter went. Once, however often it is asked for.

    One settled or acknowledged meanwhile needs no letter. Where the letter cannot be handed over this raises, and the
    job is tried again.
    """
    with transaction.atomic():
        alarm = (
            Alarm.objects.select_for_update(of=("self",))
            .select_related("project")
            .filter(pk=alarm_id)
            .first()
        )
        if alarm is None or alarm.mailed_at or alarm.settled_at or alarm.acknowledged_at:
            return False
        addresses = list(alarms.addresses(alarm.project))
        if not addresses:
            return False
        alarm.mailed_at = timezone.now()
        alarm.save(update_fields=["mailed_at"])
        letter(alarm, addresses).send()
    return True


def letter(alarm: Alarm, addresses: list[str]) -> EmailMessage:
    """What is wrong, since when, and the ways to it and to what can be done. Addresses stand in bcc."""
    title = NATURES[AlarmKind(alarm.kind)].title
    # A header is one line, and a camera may have been given a name of two.
    subject = " ".join(f"{alarm.project.name}: {title}. {alarm.words}".split())
    lines = [
        alarm.words,
        f"Seen first on {alarm.raised_at:%Y-%m-%d at %H:%M} UTC, in {alarm.project.name}; {alarm.severity}.",
        f"Acknowledge or settle it: {page_of(alarm.project)}",
        f"What to do about it: {runbook_of(alarm.kind)}",
        "No further letter comes about this alarm while it stands.",
    ]
    return EmailMessage(subject=subject[:LONGEST_SUBJECT], body="\n\n".join(lines), bcc=addresses)
