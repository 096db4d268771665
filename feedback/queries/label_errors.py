"""Searches for label errors as far as somebody may see them, what they suspect, and what came of the review."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from feedback.domain.groups import burst_of, kept_together
from feedback.enums import SuspectKind
from feedback.models import DatasetVersion, LabelErrorSearch, LabelSuspect
from inference.domain.manifest import ManifestRow
from inference.enums import RunState
from labeling.domain.intervals import wilson
from labeling.enums import ResolvedBy, TaskState
from labeling.models import Image, Resolution, Round, Task
from people.queries.projects import led_by

PAGE = 1000
SEARCH, KIND = "label_errors", "suspected_as"
"""The filters of a round that its suspects are chosen by: a search's id, and why they are suspected."""


@dataclass(frozen=True)
class Members:
    """The images of a dataset that are still here, each a row of its manifest with its id, group and hash."""

    rows: list[ManifestRow]
    images: list[UUID]
    groups: list[int]
    hashes: list[int | None]


@dataclass(frozen=True)
class Review:
    """What came of the suspects sent: of those `reviewed`, `errors` had another label in the dataset than people hold
    true since, `as_suggested` of them the one suggested. `unsettled` were answered, and nothing new is held true.

    `interval` is Wilson's at 95% of the share of errors, None before the first is reviewed.
    """

    sent: int = 0
    waiting: int = 0
    reviewed: int = 0
    errors: int = 0
    as_suggested: int = 0
    unsettled: int = 0

    @property
    def share(self) -> float | None:
        return self.errors / self.reviewed if self.reviewed else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.errors, self.reviewed)


def visible_to(user: Any) -> QuerySet[LabelErrorSearch]:
    """The searches in datasets of the projects the user leads."""
    return LabelErrorSearch.objects.filter(dataset__project__in=led_by(user)).select_related(
        "dataset__project", "asked_by"
    )


def newest(dataset: DatasetVersion) -> LabelErrorSearch | None:
    """The search asked for last."""
    made = LabelErrorSearch.objects.filter(dataset=dataset)
    return made.select_related("dataset__project", "asked_by").order_by("-pk").first()


def suspects(search: LabelErrorSearch, kind: SuspectKind) -> QuerySet[LabelSuspect]:
    """The suspects of one kind, to be read in order of their key: the likeliest error first. Without erased images."""
    return _here(search).filter(kind=kind.value).select_related("image", "like")


def counts(search: LabelErrorSearch) -> dict[str, int]:
    """How many suspects there are of each kind, all three of them."""
    found = _here(search).values_list("kind").annotate(images=Count("pk"))
    return {str(kind): 0 for kind in SuspectKind} | dict(found.order_by())


def _here(search: LabelErrorSearch) -> QuerySet[LabelSuspect]:
    kept = LabelSuspect.objects.filter(search=search, image__erased_at=None)
    return kept.exclude(like__erased_at__isnull=False)


def members(dataset: DatasetVersion, rows: Sequence[ManifestRow]) -> Members:
    """The rows of the dataset's manifest whose images are still here, grouped as when it was split."""
    kept, images, names, bursts, hashes = [], [], [], [], []
    for start in range(0, len(rows), PAGE):
        page = {row.sha256: row for row in rows[start : start + PAGE]}
        known = Image.objects.filter(project=dataset.project_id, sha256__in=page, erased_at=None)
        found = known.order_by("sha256").values_list(
            "sha256", "pk", "group", "source__key", "captured_at", "difference_hash"
        )
        for sha256, pk, group, source, captured_at, difference_hash in found:
            kept.append(page[sha256])
            images.append(pk)
            names.append(group or None)
            bursts.append(burst_of(source, captured_at))
            hashes.append(difference_hash)
    return Members(kept, images, kept_together(bursts, names, hashes), hashes)


def rounds_of(search: LabelErrorSearch, kind: SuspectKind) -> list[Round]:
    """The rounds that suspects of one kind were sent to, the latest last."""
    made = Round.objects.filter(
        queue__project=search.dataset.project_id,
        filters__additions__contains=[{"filters": {SEARCH: str(search.pk)}}],
    )
    return [
        one for one in made.select_related("queue").order_by("created_at", "pk") if _is_of(one, search, kind)
    ]


def _is_of(one: Round, search: LabelErrorSearch, kind: SuspectKind) -> bool:
    return any(
        each["filters"].get(SEARCH) == str(search.pk)
        and each["filters"].get(KIND, SuspectKind.LABEL.value) == kind
        for each in one.filters["additions"]
    )


def sent(search: LabelErrorSearch, kind: SuspectKind) -> QuerySet[Task]:
    """The tasks of the suspects that were sent to review and not withdrawn."""
    tasks = Task.objects.filter(queue__in=[one.pk for one in rounds_of(search, kind)], gold=None)
    asked = LabelSuspect.objects.filter(search=search, kind=kind.value).values("image")
    return tasks.filter(image__in=asked).exclude(state=TaskState.WITHDRAWN)


def review(search: LabelErrorSearch, kind: SuspectKind) -> Review:
    """How many of the suspects sent were errors indeed: people hold another label true since than the dataset does."""
    tasks = {task.image_id: task for task in sent(search, kind).order_by("pk")}
    if not tasks:
        return Review()
    truths = Resolution.objects.filter(image__in=list(tasks), replaced_at=None, value__isnull=False).exclude(
        by=ResolvedBy.IMPORTED
    )
    held = {
        truth.image_id: truth.value.get("label")
        for truth in truths
        if truth.created_at >= tasks[truth.image_id].created_at
    }
    judged = LabelSuspect.objects.filter(search=search, kind=kind.value, image__in=list(held))
    given = {
        image: (label, better) for image, label, better in judged.values_list("image", "given", "suggested")
    }
    wrong = [image for image, label in held.items() if label != given[image][0]]
    waiting = sum(task.state == TaskState.OPEN and image not in held for image, task in tasks.items())
    return Review(
        sent=len(tasks),
        waiting=waiting,
        reviewed=len(held),
        errors=len(wrong),
        as_suggested=sum(held[image] == given[image][1] for image in wrong),
        unsettled=len(tasks) - waiting - len(held),
    )


def is_over(search: LabelErrorSearch) -> bool:
    """Whether it has found something, or failed."""
    return search.state not in (RunState.QUEUED, RunState.RUNNING)
