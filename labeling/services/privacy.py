"""Saying what a project keeps of its photographs, and for how long."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.identifying import KINDS, CannotFind, Finder
from labeling.models import PrivacySettings
from people.models import Project
from people.services import audit

LONGEST_DAYS = 36_500
DAYS = ("accepted_days", "reviewed_days")


def settings_of(project: Project) -> PrivacySettings:
    """The project's, or unsaved ones that keep everything and no location."""
    return PrivacySettings.objects.filter(project=project).first() or PrivacySettings(project=project)


@transaction.atomic
def set_privacy(
    *,
    user: Any,
    project: Project,
    keeps_location: bool,
    accepted_days: int | None,
    reviewed_days: int | None,
    blurs_faces: bool | None = None,
    blurs_plates: bool | None = None,
    records_looks: bool | None = None,
) -> PrivacySettings:
    """From now on this holds; the same again changes nothing. Days are 1 or more, None keeps for ever; of what is
    blurred and recorded None leaves it as it is.

    Raises PermissionDenied for who is no engineer of it, and ValueRefused naming each wrong field.
    """
    rules.check_set_privacy(user, project)
    given = {"accepted_days": accepted_days, "reviewed_days": reviewed_days}
    check_days(given)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    kept = settings_of(project)
    told = {"blurs_faces": blurs_faces, "blurs_plates": blurs_plates, "records_looks": records_looks}
    wished = {"keeps_location": keeps_location, **given} | {
        name: value for name, value in told.items() if value is not None
    }
    before = {name: getattr(kept, name) for name in wished}
    if before == wished:
        return kept
    check_can_blur(wished)
    for name, value in wished.items():
        setattr(kept, name, value)
    kept.set_by, kept.set_at = user, timezone.now()
    kept.save()
    audit.record(
        actor=user,
        action="privacy.set",
        target=project,
        project_id=project.pk,
        detail={"before": before, "after": wished},
    )
    return kept


def check_days(given: dict[str, int | None]) -> None:
    """Raise ValueRefused naming each field that is neither None nor 1 to LONGEST_DAYS."""
    wrong = {
        name: [f"must be a whole number of days, 1 to {LONGEST_DAYS:,}, or empty to keep them."]
        for name, days in given.items()
        if days is not None and not 1 <= days <= LONGEST_DAYS
    }
    if wrong:
        raise ValueRefused(wrong)


def check_can_blur(wished: dict[str, Any]) -> None:
    """Raise ValueRefused where something is to be blurred that cannot be found on this host."""
    asked = [name for name in ("blurs_faces", "blurs_plates") if wished.get(name)]
    if not asked:
        return
    try:
        Finder(KINDS)
    except CannotFind as error:
        raise ValueRefused({name: [str(error)] for name in asked}) from error
