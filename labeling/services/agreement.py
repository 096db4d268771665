"""A project's agreement report: made once, kept, and brought up to date by the images that were voted on since."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from labeling import rules
from labeling.domain.agreement.filters import Filters
from labeling.domain.agreement.matrices import Large
from labeling.domain.agreement.tally import FORM
from labeling.domain.values import ValueRefused
from labeling.models import AgreementReport, AgreementStatistics, ContextRanges
from labeling.queries.agreement import horizon, measured
from labeling.queries.agreement.basis import Basis, declared
from labeling.queries.agreement.counting import (
    BOOTSTRAP,
    Counted,
    count,
    figures_of,
    frozen,
    stored,
    with_images,
)
from labeling.queries.gold import gold_scores
from people.enums import TaskType
from people.models import Project, User
from people.services import audit

SMALL = 200_000
"""Votes times labels up to which a report is made anew whenever there is another: it takes no time, nothing lags."""
MOST_ADDED = 5_000
"""Votes since the last full count; beyond them counting anew is as quick."""
LONGEST_LAG = timedelta(hours=1)
"""Of estimates behind the point values."""
MOST_KEPT = 20
"""Statistics of a project, the latest made: each is of other filters, and megabytes where there are many people."""


class StillWriting(ValueRefused):
    """Answers are being written that may belong to what should be frozen: try again in a minute."""


def report(*, project: Project, filters: Filters, whole: bool = False, small: int = SMALL) -> dict[str, Any]:
    """Every figure of a project under the filters: see `overview`, and `filters`, `up_to`, `as_of`, `intervals_as_of`.

    `gold`: by username, `right` of `total` known answers. `model`: see `queries.agreement.beside_model`; absent where
    no model predicts. `boxes`, of a detection project: see `box_report`; every other figure is then of things drawn.
    The `whole` of it has what `matrices.Large` adds: megabytes where there are many labels and people.
    Every figure is of all that was said by `as_of`, but where votes times labels are more than `small` these may be
    as old as `intervals_as_of`, an hour or 5,000 votes at most: the intervals of Conger's and Cohen's κ, Dawid and
    Skene's model (confusion of each annotator), the ranking of disputed images, and the model beside people.
    """
    found = kept(project=project, filters=filters, whole=whole, small=small)
    return _made(project, filters, whole) if found is None else found


def kept(
    *, project: Project, filters: Filters, whole: bool = False, small: int = SMALL
) -> dict[str, Any] | None:
    """The report as it is kept, or with the images anew that were voted on since; None where it must be counted."""
    up_to, settled = horizon.last_vote(project.pk)
    # What is large is read with the figures that it belongs to, or not at all.
    unread = ["tally", "estimates"] + ([] if whole else ["matrices"])
    rows = AgreementStatistics.objects.filter(project=project, key=key_of(project, filters))
    known = rows.defer(*unread).first()
    if known is None:
        return None
    figures = known.figures
    if known.figures_up_to != up_to or not settled:
        renewed = _renewed(known, project, filters, small, up_to, whole)
        if renewed is None:
            return None
        figures = renewed
        if settled:
            AgreementStatistics.objects.filter(pk=known.pk, figures_up_to__lt=up_to).update(
                figures=figures, figures_up_to=up_to
            )
    if whole and known.matrices:
        figures = Large.loaded(bytes(known.matrices)).added_to(figures)
    return figures | {"gold": _gold(project)}


def _made(project: Project, filters: Filters, whole: bool) -> dict[str, Any]:
    """The report counted from the votes, and kept."""
    _fix_ranges(project)
    up_to, settled = horizon.last_vote(project.pk)
    counted = count(project, filters, up_to)
    figures = figures_of(counted, filters, timezone.now())
    if settled:
        _keep(project, key_of(project, filters), counted, figures)
    if whole:
        figures = counted.large.added_to(figures)
    return figures | {"gold": _gold(project)}


@dataclass(frozen=True)
class Moment:
    """What was said by then is what a report is of: up to the vote of that number."""

    up_to: int
    as_of: datetime

    @classmethod
    def now(cls, project: Project) -> "Moment":
        """Raises StillWriting."""
        up_to, settled = horizon.last_vote(project.pk)
        if not settled:
            raise StillWriting({"as_of": ["many answers are being written just now; try again in a minute."]})
        return cls(up_to, timezone.now())


def freeze(
    *,
    user: Any,
    project: Project,
    filters: Filters,
    name: str,
    moment: Moment | None = None,
    pk: UUID | None = None,
) -> AgreementReport:
    """Keep the report of what was said by the moment, or by now; nobody (None) is the machine.

    `pk`: its id, where that was told already. Raises PermissionDenied, StillWriting.
    """
    if user is not None:
        rules.check_see_reports(user, project)
    moment = moment or Moment.now(project)
    _fix_ranges(project)
    counted, digest, answers = frozen(project, filters, moment.up_to)
    as_of = moment.as_of
    figures = _fixed(counted, filters, as_of, digest)
    with transaction.atomic():
        made = AgreementReport.objects.create(
            id=pk or uuid7(),
            project=project,
            name=name,
            filters=filters.as_query(),
            as_of=as_of,
            data_hash=digest,
            answers=answers,
            figures=figures,
            made_by=user,
        )
        audit.record(
            actor=user,
            action="agreement.frozen",
            target=made,
            project_id=project.pk,
            detail={"name": name, "filters": made.filters, "data_hash": digest},
        )
    return made


def reproduce(report: AgreementReport) -> dict[str, Any]:
    """The figures of a frozen report once more, from the votes of then: equal to `report.figures` to the last digit.

    The hash of the votes is among them (`data_hash`). Later answers, undos, names and labels change nothing.
    A figure that reports did not have when this one was frozen is left out.
    """
    filters = Filters.from_query(report.filters)
    basis = Basis.from_json(report.figures["basis"])
    counted, digest, _ = frozen(report.project, filters, report.figures["up_to"], basis)
    made = _fixed(counted, filters, report.as_of, digest)
    return {name: figure for name, figure in made.items() if name in report.figures}


def _fixed(counted: Counted, filters: Filters, as_of: Any, digest: str) -> dict[str, Any]:
    figures = counted.large.added_to(figures_of(counted, filters, as_of))
    figures |= {"data_hash": digest, "basis": counted.basis.as_json()}
    # As it is read back: JSON knows no tuples.
    read: dict[str, Any] = json.loads(json.dumps(figures))
    return read


def key_of(project: Project, filters: Filters) -> str:
    """Under which the statistics of these filters are kept; another whenever labels or ranges of numbers change."""
    edges = measured.in_force(project)
    said = [FORM, BOOTSTRAP, filters.as_query(), list(declared(project).items()), edges]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _gold(project: Project) -> dict[str, dict[str, int]]:
    scores = gold_scores(project)
    names = User.objects.filter(pk__in=scores).values_list("pk", "username")
    return {name: {"right": scores[pk].right, "total": scores[pk].total} for pk, name in names}


def _fix_ranges(project: Project) -> None:
    """Fix into which ranges the numbers of a context are put, where enough images know one by now."""
    found = measured.to_fix(project, measured.in_force(project))
    ContextRanges.objects.bulk_create(
        [ContextRanges(project=project, key=key, edges=list(edges)) for key, edges in found.items()],
        ignore_conflicts=True,
    )


def _renewed(
    known: AgreementStatistics, project: Project, filters: Filters, small: int, up_to: int, whole: bool
) -> dict[str, Any] | None:
    """The figures with what was said since; None where it is time to count anew."""
    now = timezone.now()
    size = known.figures["annotations"] * len(known.figures["label_order"])
    too_small = size <= small or project.task_type == TaskType.DETECTION
    if too_small or now - known.made_at > LONGEST_LAG:
        return None
    images = horizon.images_voted_on_since(project.pk, known.up_to, most=MOST_ADDED)
    if images is None:
        return None
    # Somebody may have counted anew meanwhile.
    known.refresh_from_db(fields=["up_to", "made_at", "tally", "estimates"] + (["matrices"] if whole else []))
    counted = with_images(stored(known), project, filters, images, up_to)
    return figures_of(counted, filters, now) | {"intervals_as_of": known.made_at.isoformat()}


def _keep(project: Project, key: str, counted: Counted, figures: dict[str, Any]) -> None:
    AgreementStatistics.objects.update_or_create(
        project=project,
        key=key,
        defaults={
            "up_to": counted.up_to,
            "tally": counted.tally.dumped(),
            "estimates": counted.estimates | {"basis": counted.basis.as_json()},
            "matrices": counted.large.dumped(),
            "figures": figures,
            "figures_up_to": counted.up_to,
            "made_at": timezone.now(),
        },
    )
    mine = AgreementStatistics.objects.filter(project=project).order_by("-made_at")
    latest = list(mine.values_list("pk", flat=True)[:MOST_KEPT])
    AgreementStatistics.objects.filter(project=project).exclude(pk__in=latest).delete()
