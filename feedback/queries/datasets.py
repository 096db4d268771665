"""Datasets, as far as somebody may see them, and the examples that would go into one."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from feedback.enums import DatasetState
from feedback.models import DatasetMember, DatasetVersion, Example, FrozenSplit
from labeling.enums import Split
from labeling.models import Answer
from people.models import Project
from people.queries.projects import led_by

Row = TypeVar("Row", bound=Model)

PAGE = 1000


def visible_to(user: Any) -> QuerySet[DatasetVersion]:
    """The datasets of the projects the user leads."""
    return DatasetVersion.objects.filter(project__in=led_by(user))


def newest_frozen(project: Project) -> DatasetVersion | None:
    """The dataset frozen last; None before the first."""
    return (
        DatasetVersion.objects.filter(project=project, state=DatasetState.FROZEN.value)
        .order_by("-number")
        .first()
    )


def eligible(project: Project, filters: Mapping[str, Any]) -> QuerySet[Example]:
    """The examples in force that pass the filters, and every one in the test split whatever the filters say.

    None is of an image that was erased. `min_answers` and `guideline_from` ask something of people's answers, so that
    what was imported fails them.
    `since` (inclusive) and `until` (exclusive) are of the moment of capture, or of arrival where that is unknown.
    """
    wanted = Q()
    if (least := filters.get("min_answers")) is not None:
        wanted &= Q(resolution__answer_count__gte=least)
    if (number := filters.get("guideline_from")) is not None:
        given = Answer.objects.filter(resolutions=OuterRef("resolution"))
        wanted &= Exists(given) & ~Exists(given.exclude(guideline__number__gte=number))
    if (sources := filters.get("sources")) is not None:
        wanted &= Q(image__source__key__in=sources)
    in_force = Example.objects.filter(project=project, replaced_at=None, image__erased_at=None)
    if filters.get("since") or filters.get("until"):
        in_force = in_force.annotate(taken_at=Coalesce("image__captured_at", "image__created_at"))
    if since := filters.get("since"):
        wanted &= Q(taken_at__gte=datetime.fromisoformat(since))
    if until := filters.get("until"):
        wanted &= Q(taken_at__lt=datetime.fromisoformat(until))
    if not wanted:
        return in_force
    # A test split that a filter could shrink would not compare one model with the next.
    return in_force.filter(wanted | Q(image__frozen__split=Split.TEST.value))


def unhashed(project: Project) -> QuerySet[Example]:
    """The examples in force whose image has no difference hash yet."""
    return Example.objects.filter(
        project=project, replaced_at=None, image__difference_hash=None, image__erased_at=None
    ).select_related("image")


def pages(rows: QuerySet[Row], size: int | None = None) -> Iterator[list[Row]]:
    """The rows in order of their key, a page at a time, each page a statement of its own."""
    rest = rows
    while page := list(rest.order_by("pk")[: size or PAGE]):
        yield page
        rest = rows.filter(pk__gt=page[-1].pk)


def frozen(project: Project) -> QuerySet[FrozenSplit]:
    """Where every image ever frozen in the project stands, with the image and its source."""
    return FrozenSplit.objects.filter(project=project).select_related("image__source")


def members(dataset: DatasetVersion) -> QuerySet[DatasetMember]:
    """The members, keyed in the order they were added, each with its example, image and resolution."""
    return DatasetMember.objects.filter(dataset=dataset).select_related(
        "example__image__source", "example__resolution"
    )
