"""Accepting what the cameras send now as what is usual, on the record."""

from typing import Any
from uuid import UUID

from django.db import transaction

from feedback import rules
from feedback.queries.drift import in_force
from feedback.queries.serving import serving
from feedback.services.drifting import ALARM
from inference.models import DriftReference
from inference.queries import watched
from people.models import Project
from people.queries import alarms as standing_alarms
from people.services import audit
from people.services.alarms import settle


class NothingToAccept(ValueError):
    """There is no reference yet that another could take the place of."""


@transaction.atomic
def accept(*, user: Any, project: Project, reason: str) -> DriftReference:
    """Begin a new reference with the captures since the change, else with those from now on; settle the alarm.

    The old one stays on the record. Raises PermissionDenied, ValueError for an empty reason, and NothingToAccept.
    """
    rules.check_accept_drift(user, project)
    if not reason.strip():
        raise ValueError("Say why this is the new normal.")
    model = serving(project)
    before = in_force(project, model) if model is not None else None
    if before is None or not before.captures:
        raise NothingToAccept("Nothing has been learnt yet that this would take the place of.")
    alarm = standing_alarms.standing(project, ALARM).first()
    first = UUID(alarm.detail["since"]) if alarm and alarm.detail.get("since") else before.seen_to
    known = watched.of_model(model).filter(pk__gte=first).count()
    made = DriftReference.objects.create(
        project=project, model=model, first=first, seen_to=first, seen=known, by=user, reason=reason.strip()
    )
    audit.record(
        actor=user,
        action="drift.accepted",
        target=made,
        project_id=project.pk,
        detail={"reason": made.reason, "before": str(before.pk), "alarm": str(alarm.pk) if alarm else None},
    )
    if alarm is not None:
        settle(user=user, alarm=alarm)
    return made
