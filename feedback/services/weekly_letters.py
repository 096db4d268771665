"""The letter about a week that is over, to those who lead the project: each Monday, once."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from feedback.domain.weekly import Week, week_at
from feedback.queries import weekly
from feedback.services.addresses import address_of
from feedback.services.weekly import Review, review
from people.models import AuditEvent, Project
from people.queries import alarms
from people.queries.ids import id_floor
from people.services import audit

MAILED = "week.mailed"
LONGEST_SUBJECT = 150


def due(now: datetime | None = None) -> list[tuple[Project, Week]]:
    """The projects whose letter should have gone by now and has not, each with the week it is about.

    Of a week without anything there is one letter; none after it while nothing goes on happening.
    """
    now = now or timezone.now()
    found = []
    for project in Project.objects.order_by("created_at", "pk"):
        week = week_at(now, weekly.zone_of(project)).before
        if not week.letter_is_due(now) or project.created_at >= week.end or has_gone(project, week):
            continue
        if weekly.happened(project, week) or weekly.happened(project, week.before):
            found.append((project, week))
    return found


def has_gone(project: Project, week: Week) -> bool:
    """Whether the letter about the week went."""
    events = AuditEvent.objects.filter(project_id=project.pk, id__gte=id_floor(week.end), action=MAILED)
    return events.filter(target=_named(week)).exists()


def mail(*, project: Project, week: Week) -> bool:
    """Write to the leads who have an address; whether a letter went. Once, however often it is asked for.

    The log of what was done remembers it, written in the transaction that hands the letter over: where that fails
    this raises, nothing is remembered, and the job of the next hour tries again.
    """
    if has_gone(project, week) or not alarms.addresses(project).exists():
        return False
    # What takes seconds is done before anything is locked.
    written = letter(review(project, week))
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if has_gone(project, week):
            return False
        written.bcc = list(alarms.addresses(project))
        audit.record(
            actor=None,
            action=MAILED,
            target=_named(week),
            project_id=project.pk,
            detail={"letters": len(written.bcc)},
        )
        written.send()
    return True


def letter(of: Review) -> EmailMessage:
    """The week in plain words, with the way to its page and to each of the things to do. Addresses stand in bcc."""
    subject = f"{of.project.name}: the week of {of.week.monday:%-d %B %Y}"
    context = {
        "review": of,
        "page": f"{settings.PUBLIC_URL}{page_of(of)}",
        "things": [
            (action, f"{settings.PUBLIC_URL}{address_of(of.project, action)}") for action in of.things
        ],
    }
    body = render_to_string("feedback/weekly/letter.txt", context)
    return EmailMessage(subject=" ".join(subject.split())[:LONGEST_SUBJECT], body=body)


def page_of(of: Review) -> str:
    """The path of the week's page."""
    return f"{reverse('weekly', args=[of.project.slug])}?week={of.week.monday}"


def mail_due() -> int:
    """Write every letter that is due, each in a transaction of its own; how many went.

    What goes wrong with one keeps no other back; it is raised once all were tried.
    """
    went, failures = 0, []
    for project, week in due():
        try:
            went += mail(project=project, week=week)
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return went


def _named(week: Week) -> str:
    return f"week {week.monday}"
