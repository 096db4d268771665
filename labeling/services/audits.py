"""Auditing agreement on a schedule: a frozen report, and an alarm where an interval falls wholly below the floor."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling import rules
from labeling.domain.agreement.filters import Filters
from labeling.domain.agreement.verdict import Standing, standing
from labeling.domain.values import ValueRefused
from labeling.models import AgreementReport, AgreementSchedule
from labeling.queries import audits
from labeling.services import agreement
from people.enums import AlarmKind
from people.models import Alarm, Project
from people.services import audit
from people.services.alarms import raise_alarm, settle

KIND = AlarmKind.AGREEMENT_LOW
"""Of the alarms; their subject is a label's key, or "" for all labels together."""
LONGEST_DAYS = 366
log = logging.getLogger(__name__)


@transaction.atomic
def change_schedule(
    *, user: Any, project: Project, every_days: int, floor: float, filters: Filters | None = None
) -> AgreementSchedule:
    """Audit every so many days (0: not at all) against this floor of α, -1..1; without `filters` they stay as they are.

    Raises ValueRefused naming the field, and PermissionDenied.
    """
    rules.check_manage(user, project)
    errors = {}
    if not 0 <= every_days <= LONGEST_DAYS:
        errors["every_days"] = [f"must be 0 (not at all) to {LONGEST_DAYS}."]
    if not -1 <= floor <= 1:
        errors["floor"] = ["must be -1 to 1."]
    if errors:
        raise ValueRefused(errors)
    schedule, _ = AgreementSchedule.objects.select_for_update().get_or_create(project=project)
    before = _terms(schedule)
    schedule.every_days, schedule.floor = every_days, floor
    if filters is not None:
        schedule.filters = filters.as_query()
    schedule.save(update_fields=["every_days", "floor", "filters"])
    audit.record(
        actor=user,
        action="agreement.schedule_changed",
        target=schedule,
        project_id=project.pk,
        detail={"before": before, "now": _terms(schedule)},
    )
    return schedule


def _terms(schedule: AgreementSchedule) -> dict[str, Any]:
    return {"every_days": schedule.every_days, "floor": schedule.floor, "filters": schedule.filters}


def audit_due(now: datetime | None = None) -> int:
    """Audit every project whose time has come; returns how many. One that fails is logged, and tried again later."""
    done = 0
    for project in audits.due(now or timezone.now()):
        try:
            audit_project(project=project)
        except Exception:
            log.exception("the agreement of %s could not be audited", project)
        else:
            done += 1
    return done


def audit_project(*, project: Project) -> AgreementReport:
    """Freeze a report under the schedule's filters; raise the alarms that follow from it, and settle those past."""
    schedule, _ = AgreementSchedule.objects.get_or_create(project=project)
    filters = Filters.from_query(schedule.filters)
    made = agreement.freeze(
        user=None, project=project, filters=filters, name=f"Audit of {timezone.now():%Y-%m-%d}"
    )
    with transaction.atomic():
        sound_alarms(project=project, figures=made.figures, floor=schedule.floor)
        AgreementSchedule.objects.filter(project=project).update(last_at=made.as_of)
    return made


@transaction.atomic
def sound_alarms(*, project: Project, figures: Mapping[str, Any], floor: float) -> list[Alarm]:
    """An alarm for all labels together and for each whose interval of α lies wholly below the floor; returns those.

    One that stands and whose interval no longer lies there is settled by itself.
    """
    names = dict(project.labels.values_list("key", "name"))
    overall = figures["coefficients"]["krippendorff_alpha"]
    found = {"": ("all labels", overall["value"], overall["ci"])}
    found |= {
        key: (names.get(key, key), label["alpha"], label["ci"]) for key, label in figures["labels"].items()
    }
    raised = []
    for key, (name, value, ends) in found.items():
        if standing(value, ends, floor) == Standing.DISTRUSTED:
            words = (
                f"Agreement on {name} is too low: α is {value:.2f}, and its interval, {ends[0]:.2f} to "
                f"{ends[1]:.2f}, lies wholly below the floor of {floor:g}."
            )
            detail = {"alpha": value, "ci": list(ends), "floor": floor}
            raised.append(raise_alarm(project=project, kind=KIND, subject=key, words=words, detail=detail)[0])
    past = Alarm.objects.filter(project=project, kind=KIND, settled_at=None)
    for alarm in past.exclude(pk__in=[one.pk for one in raised]):
        settle(user=None, alarm=alarm)
    return raised
