"""Bringing in images with what is known of them: the good rows go in, the others are told why not."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction

from labeling.domain.proposals import check_proposal
from labeling.domain.rows import Row, RowRefused
from labeling.domain.values import ValueRefused, check_value
from labeling.imagefile import ImageFacts, ImageRefused, inspect
from labeling.models import Image, Queue, Source
from labeling.services import images
from labeling.services.resolving import settle_imported
from labeling.services.tasks import Request, open_tasks
from people.models import Project
from people.services import audit

TOGETHER = 20
"""Rows a transaction: few enough that their bytes fit in memory, and that no claim waits for a long one."""

Item = tuple[Row | RowRefused, Callable[[], bytes]]
"""A row as `domain.rows` read it, and how to get its bytes."""


@dataclass
class Report:
    """What became of the rows. `duplicates` names the files that were here already."""

    created: int = 0
    duplicates: list[str] = field(default_factory=list)
    errors: list[RowRefused] = field(default_factory=list)


@dataclass(frozen=True)
class _Ready:
    row: Row
    data: bytes
    context: dict[str, Any]
    facts: ImageFacts
    value: dict[str, Any] | None
    proposal: dict[str, Any] | None
    source: Source | None


def import_images(
    *, user: Any, project: Project, items: Iterable[Item], queue: Queue | None = None
) -> Report:
    """Keep each row's image; its value becomes a resolution "imported", or else it gets a task in `queue`.

    Without `queue`, rows that bring a prediction and no value wait in `review`. Rows go in a few at a time, each
    whole or not at all; the same rows again change nothing. `user` None is the machine.
    """
    labels = set(project.labels.filter(retired_at=None).values_list("key", flat=True))
    sources = {source.key: source for source in project.sources.all()}
    review = queue or project.queues.filter(name="review").first()
    report = Report()
    rest = iter(items)
    while chunk := list(islice(rest, TOGETHER)):
        ready = list(_checked(chunk, project, labels, sources, report))
        with transaction.atomic():
            _keep(project, ready, queue, review, report)
    with transaction.atomic():
        audit.record(
            actor=user,
            action="images.imported",
            target=project,
            project_id=project.pk,
            detail={
                "created": report.created,
                "duplicates": len(report.duplicates),
                "errors": len(report.errors),
            },
        )
    return report


def _checked(
    chunk: Sequence[Item], project: Project, labels: set[str], sources: dict[str, Source], report: Report
) -> Iterator[_Ready]:
    for row, read in chunk:
        if isinstance(row, RowRefused):
            report.errors.append(row)
            continue
        try:
            yield _check(row, read, project, labels, sources)
        except (ValueRefused, ImageRefused, OSError) as refused:
            report.errors.append(RowRefused(row.number, row.file, str(refused)))


def _check(
    row: Row, read: Callable[[], bytes], project: Project, labels: set[str], sources: dict[str, Source]
) -> _Ready:
    if row.source is not None and row.source not in sources:
        known = ", ".join(sorted(sources)) or "none"
        raise ValueRefused({"source": [f"{row.source!r} is not a source of this project; it has {known}."]})
    data, context = images.arrived(project, read(), row.context)
    facts = inspect(data, max_bytes=settings.MAX_IMAGE_BYTES)
    about: dict[str, Any] = {
        "task_type": project.task_type,
        "labels": labels,
        "width": facts.width,
        "height": facts.height,
    }
    value = None if row.value is None else check_value(_folded(row.value), **about)
    proposal = None if row.prediction is None else check_proposal(row.prediction, **about)
    return _Ready(row, data, context, facts, value, proposal, sources.get(row.source or ""))


def _folded(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("label"), str):
        return {**value, "label": value["label"].casefold()}
    return value


def _keep(
    project: Project, ready: Sequence[_Ready], queue: Queue | None, review: Queue | None, report: Report
) -> None:
    known: list[tuple[Image, dict[str, Any]]] = []
    asked: list[tuple[Queue, Request]] = []
    for one in ready:
        waits_in = queue or (review if one.proposal is not None else None)
        if one.value is None and one.proposal is not None and waits_in is None:
            detail = "prediction: name a queue for it; this project has no queue review."
            report.errors.append(RowRefused(one.row.number, one.row.file, detail))
            continue
        try:
            image, new = images.store(
                project=project,
                data=one.data,
                filename=one.row.file,
                source=one.source,
                captured_at=one.row.captured_at,
                context=one.context,
                split=one.row.split,
                group=one.row.group,
                facts=one.facts,
            )
        except images.ImageErased as erased:
            report.errors.append(RowRefused(one.row.number, one.row.file, erased.reason))
            continue
        if not new and (detail := _split_conflict(image, one.row.split)):
            report.errors.append(RowRefused(one.row.number, one.row.file, detail))
            continue
        if new:
            report.created += 1
        else:
            report.duplicates.append(one.row.file)
        if one.value is not None:
            known.append((image, one.value))
        elif waits_in is not None:
            site_id = one.source.site_id if one.source else None
            asked.append((waits_in, Request(image=image, site_id=site_id, proposal=one.proposal)))
    settle_imported(project=project, truths=known)
    for where in {waits_in for waits_in, _ in asked}:
        open_tasks(queue=where, requests=[request for waits_in, request in asked if waits_in == where])


def _split_conflict(image: Image, split: str) -> str | None:
    """Why an image that is here already cannot have this split; gives it the split where it had none."""
    if split and image.split and image.split != split:
        return f"split: this image is here already, as {image.split}; it cannot be {split} too."
    if split and not image.split:
        image.split = split
        image.save(update_fields=["split"])
    return None
