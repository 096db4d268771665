"""Dropping old looks for drift: one a source each minute, of which pages show the newest."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from inference.domain.drift.watch import EVERYWHERE
from inference.models import DriftCheck, DriftReference
from people.queries.ids import id_floor

JOB = "feedback.forget_drift_checks"
BATCH = 10_000
"""Deleted in one statement, so that none holds its locks for long."""
WEEKS_KEPT = timedelta(days=371)
"""The looks at all sources together: pages of the weeks of a year count their captures."""


def forget_old() -> int:
    """Drop looks at single sources after DRIFT_CHECK_DAYS, those at all together after a year; returns how many.

    The newest look of a reference in force stays, however old: it is how things stand. Safe to run twice.
    """
    now = timezone.now()
    at_one = Q(pk__lt=id_floor(now - timedelta(days=settings.DRIFT_CHECK_DAYS))) & ~Q(source=EVERYWHERE)
    rows = DriftCheck.objects.filter(at_one | Q(pk__lt=id_floor(now - WEEKS_KEPT))).exclude(
        pk__in=_standing()
    )
    dropped = 0
    while found := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        dropped += DriftCheck.objects.filter(pk__in=found).delete()[0]
    return dropped


def _standing() -> list[UUID]:
    """The checks of the newest look under each project's newest reference: one transaction made them, at one time."""
    kept: list[UUID] = []
    for reference in DriftReference.objects.order_by("project", "-id").distinct("project"):
        checks = DriftCheck.objects.filter(reference=reference)
        newest = checks.filter(source=EVERYWHERE).order_by("-id").first()
        if newest is not None:
            kept += checks.filter(at=newest.at).values_list("pk", flat=True)
    return kept
