"""Erasing by itself what a project keeps no longer: each night, a few at a time, as somebody would erase it by hand."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from feedback.queries.retention import Kept, due, terms
from labeling.enums import ErasureCause
from labeling.models import PrivacySettings
from labeling.services.erasure import mark
from people.services import audit

JOB = "feedback.apply_retention"
BATCH = 100
AT_ONCE = 5000
"""Marked in one run, of all projects; what is left is for the next, which is asked for at once."""
WORDS = {
    Kept.ACCEPTED: "Nobody was asked about it, and such images are kept for {days} days.",
    Kept.REVIEWED: "It was reviewed, and such images are kept for {days} days.",
}


def apply(*, most: int = AT_ONCE) -> int:
    """Mark what is due, a transaction for BATCH of them; returns how many. Again goes on where this stopped."""
    now = timezone.now()
    done = 0
    for kept in PrivacySettings.objects.select_related("project").order_by("pk"):
        for state, days in terms(kept).items():
            last: UUID | None = None
            while done < most:
                marked, last = _batch(kept, state, days, now, last)
                done += marked
                if last is None:
                    break
    return done


def _batch(
    kept: PrivacySettings, state: Kept, days: int, now: datetime, after: UUID | None
) -> tuple[int, UUID | None]:
    """Mark the first BATCH of those due behind `after`; how many, and the last one, None where there is none."""
    rows = due(kept.project, state, days, now)
    rest = rows.filter(pk__gt=after) if after is not None else rows
    pks = list(rest.order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not pks:
        return 0, None
    with transaction.atomic():
        marked = mark(
            project=kept.project,
            images=rows.filter(pk__in=pks),
            cause=ErasureCause.RETENTION,
            reason=WORDS[state].format(days=days),
        )
        if marked:
            audit.record(
                actor=None,
                action="images.retention_over",
                target=kept.project,
                project_id=kept.project_id,
                detail={"state": state, "days": days, "images": len(marked)},
            )
    return len(marked), pks[-1]


def defer() -> None:
    """Have a worker go on at once."""
    try:
        with transaction.atomic():
            app.configure_task(JOB, queue="default", queueing_lock="retention").defer()
    except AlreadyEnqueued:
        pass
