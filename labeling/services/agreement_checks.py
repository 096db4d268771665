"""Frozen reports made again from their answers, at once or by a worker, and what came of it on the record."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from labeling import rules
from labeling.enums import Comparison
from labeling.models import AgreementCheck, AgreementReport
from labeling.services import agreement, agreement_later

JOB = "labeling.check_agreement"
GIVEN_UP_AFTER = timedelta(minutes=15)
"""Of a check that was asked for and never came: then it may be asked for again."""


def check_soon(*, user: Any, report: AgreementReport) -> AgreementCheck:
    """Make the report again and compare; without `done_at` where a worker does it, as for one being made already.

    Raises PermissionDenied.
    """
    rules.check_see_reports(user, report.project)
    waiting = report.checks.filter(done_at=None, asked_at__gt=timezone.now() - GIVEN_UP_AFTER)
    with transaction.atomic():
        # Two who ask at once are answered by one.
        AgreementReport.objects.select_for_update(no_key=True).defer("figures").get(pk=report.pk)
        if under_way := waiting.first():
            return under_way
        check = AgreementCheck.objects.create(report=report, made_by=user)
        is_long = agreement_later.is_long(report.answers, len(report.figures["label_order"]))
        if is_long:
            app.configure_task(JOB, queue="default", lock=f"check {report.pk}").defer(check_id=str(check.pk))
    if not is_long:
        carry_out(check.pk)
        check.refresh_from_db()
    return check


def carry_out(check_id: UUID) -> None:
    """What was asked for, once."""
    check = AgreementCheck.objects.select_related("report__project").get(pk=check_id)
    if check.done_at is not None:
        return
    found = compared(check.report)
    AgreementCheck.objects.filter(pk=check_id, done_at=None).update(found=found, done_at=timezone.now())


def compared(report: AgreementReport) -> Comparison:
    """The report as it was frozen beside the same made of the answers of then."""
    again = agreement.reproduce(report)
    if again == report.figures:
        return Comparison.SAME
    return Comparison.OTHER_VERSION if again["data_hash"] == report.data_hash else Comparison.DIFFERS
