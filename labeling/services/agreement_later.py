"""Reports that would hold a web process for long: counted and frozen by a worker, and waited for meanwhile."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from uuid_utils.compat import uuid7

from labeling import rules
from labeling.domain.agreement.filters import Filters
from labeling.models import AgreementReport, Vote
from labeling.services import agreement
from people.models import Project, User

COUNT_JOB, FREEZE_JOB = "labeling.count_agreement", "labeling.freeze_agreement"
MOST_COUNTED = 1_500_000
"""Votes up to which a report is counted while its reader waits, three seconds for a million."""
MOST_FROZEN = 200_000
"""Votes times labels up to which one is frozen at once: that reads and hashes every vote, however much is kept."""


def report_soon(*, project: Project, filters: Filters, whole: bool = False) -> dict[str, Any] | None:
    """The report, as `agreement.report`; None where counting takes long, and then a worker is at it: ask again."""
    found = agreement.kept(project=project, filters=filters, whole=whole)
    if found is not None:
        return found
    if not _has_more(project, MOST_COUNTED):
        return agreement.report(project=project, filters=filters, whole=whole)
    key = f"count {agreement.key_of(project, filters)}"
    job = app.configure_task(COUNT_JOB, queue="default", queueing_lock=key, lock=key)
    try:
        with transaction.atomic():
            job.defer(project_id=str(project.pk), filters={**filters.as_query()})
    except AlreadyEnqueued:
        pass
    return None


def count(project_id: UUID, filters: dict[str, str]) -> None:
    """Count the report of these filters, unless that was done meanwhile. Raises StillWriting: it would not be kept."""
    project = Project.objects.get(pk=project_id)
    agreement.Moment.now(project)
    agreement.report(project=project, filters=Filters.from_query(filters))


def freeze_soon(*, user: Any, project: Project, filters: Filters, name: str) -> AgreementReport | UUID:
    """The report of what was said by now, frozen; or its id, where a worker does it. Raises as `agreement.freeze`."""
    rules.check_see_reports(user, project)
    moment = agreement.Moment.now(project)
    if not _has_more(project, MOST_FROZEN // max(1, project.labels.count())):
        return agreement.freeze(user=user, project=project, filters=filters, name=name, moment=moment)
    pk: UUID = uuid7()
    app.configure_task(FREEZE_JOB, queue="default", lock=f"freeze {pk}").defer(
        report_id=str(pk),
        project_id=str(project.pk),
        user_id=user.pk,
        filters={**filters.as_query()},
        name=name,
        up_to=moment.up_to,
        as_of=moment.as_of.isoformat(),
    )
    return pk


def freeze(
    *,
    report_id: UUID,
    project_id: UUID,
    user_id: int,
    filters: dict[str, str],
    name: str,
    up_to: int,
    as_of: str,
) -> None:
    """Freeze what was asked for, once; not for who may see no reports any more."""
    if AgreementReport.objects.filter(pk=report_id).exists():
        return
    try:
        agreement.freeze(
            user=User.objects.get(pk=user_id),
            project=Project.objects.get(pk=project_id),
            filters=Filters.from_query(filters),
            name=name,
            moment=agreement.Moment(up_to, datetime.fromisoformat(as_of)),
            pk=report_id,
        )
    except PermissionDenied:
        return


def is_long(votes: int, labels: int) -> bool:
    """Whether whoever asks for so many votes to be read and hashed should not have to wait for it."""
    return votes * labels > MOST_FROZEN


def _has_more(project: Project, votes: int) -> bool:
    of_project = Vote.objects.filter(project=project).order_by("number")
    first, last = of_project.first(), of_project.last()
    # All projects' votes share one sequence: most times its span says enough, and nothing is counted.
    if first is None or last is None or last.number - first.number < votes:
        return False
    return of_project.order_by()[votes : votes + 1].exists()
