"""A file of labels or predictions attached to the images of a project, a few hundred images at a time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction

from labeling import rules
from labeling.domain.formats.detection import READERS, format_of
from labeling.domain.formats.found import Asked, Files, FileUnreadable, Piece
from labeling.domain.formats.truths import Terms, truth_of
from labeling.domain.rows import RowRefused
from labeling.models import Image, Queue
from labeling.services.label_import.gathering import Gathered, Gathering
from labeling.services.label_import.labels import create_labels, keys_of
from labeling.services.label_import.matching import match
from labeling.services.label_import.sorting import sorted_on_disk
from labeling.services.label_import.writing import write_labels, write_predictions
from people.enums import TaskType
from people.models import Project
from people.services import audit

TOGETHER = 500
"""Images a transaction."""
KEPT = "images keep what people said of them here: that outranks a file"
WAITING = "images wait in the queue already, with what was proposed there before"
CLAMPED = "boxes reached up to a pixel beyond their image and were clamped"
CLASH = "means the same image as {} in the file, of which it says otherwise."
WHOLE = "images stayed out whole for one thing in them that was refused: labels that miss one are wrong"
MOST_ERRORS = 10_000
"""Refusals a report holds; the rest are counted, so that a file of nothing but errors fits in memory."""


@dataclass
class Report:
    """What became of the images of a file. `refused` counts refusals, of which `errors` holds the first."""

    created: int = 0
    unchanged: int = 0
    refused: int = 0
    errors: list[RowRefused] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """As the API tells it; errors are in the file's order, and hold nothing that JSON in PostgreSQL cannot."""
        return {
            "created": self.created,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "errors": [
                {
                    "row": error.row,
                    "file": error.file and _printable(error.file),
                    "detail": _printable(error.detail),
                }
                for error in self.errors
            ],
            "notes": [_printable(note) for note in self.notes],
        }

    @property
    def notes(self) -> list[str]:
        """What else there is to know, a sentence each."""
        return [f"{count:,} × {what}." for what, count in sorted(self.counts.items()) if count]


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def import_labels(
    *,
    user: Any,
    project: Project,
    files: Files,
    layout: str = "auto",
    queue: Queue | None = None,
    new_labels: bool = False,
    reference: Files | None = None,
    progress: Callable[[int], Any] = bool,
    share: Callable[[float], Any] = bool,
    refused: Callable[[RowRefused], Any] = bool,
) -> Report:
    """Labels become resolutions "imported"; with `queue`, predictions become tasks there with a proposal.

    The file is read to its end before anything is written: one that breaks off raises FileUnreadable and changes
    nothing. Images then go in by batches, each whole or not at all; the same file again changes nothing. `layout` is
    one of READERS; `new_labels` makes labels of names the project does not know. `progress` hears how many images
    were done, `share` what part of the rows (0..1), `refused` every refusal. `user` None is the machine.
    """
    if user is not None:
        rules.check_manage(user, project)
    report = Report()

    def refuse(row: RowRefused) -> None:
        report.refused += 1
        refused(row)
        if len(report.errors) < MOST_ERRORS:
            report.errors.append(row)

    def note(what: str) -> None:
        report.counts[what] += 1

    gathering = Gathering(refuse, note)
    clusters = gathering.clusters(_pieces(project, files, layout, queue, reference))
    terms = None
    done = 0
    while batch := list(islice(clusters, TOGETHER)):
        if terms is None:
            terms = _terms(user, project, gathering.labels, queue, new_labels, note)
        gathered = [one for cluster in batch for one in cluster]
        _write(project, queue, _accepted(project, gathered, terms, refuse, report.counts), report)
        progress(len(batch))
        done += sum(len(one.pieces) + len(one.refused) for one in gathered)
        share(min(done / gathering.rows, 1.0))
    report.errors.sort(key=lambda error: (error.row is None, error.row or 0, error.file or ""))
    with transaction.atomic():
        audit.record(
            actor=user,
            action="labels.imported",
            target=project,
            project_id=project.pk,
            detail={
                "file": files.name[:200],
                "queue": queue and queue.name,
                "created": report.created,
                "unchanged": report.unchanged,
                "refused": report.refused,
            },
        )
    return report


def _pieces(
    project: Project, files: Files, layout: str, queue: Queue | None, reference: Files | None
) -> Iterator[Piece]:
    asked = Asked(
        predictions=queue is not None,
        boxes=project.task_type != TaskType.CLASSIFICATION,
        sort=sorted_on_disk,
        reference=reference,
    )
    try:
        yield from READERS[format_of(files) if layout == "auto" else layout](files, asked)
    except OSError as error:
        raise FileUnreadable(f"{files.name} cannot be read: {error.strerror or error}.") from None


def _terms(
    user: Any,
    project: Project,
    names: set[str],
    queue: Queue | None,
    new_labels: bool,
    note: Callable[[str], None],
) -> Terms:
    if new_labels:
        for label in create_labels(user=user, project=project, names=names):
            note(f"the label {label.key} was made")
    keys, known = keys_of(project, names)
    return Terms(queue is not None, project.task_type, keys, known)


def _accepted(
    project: Project,
    gathered: Sequence[Gathered],
    terms: Terms,
    refuse: Callable[[RowRefused], None],
    count: Counter[str],
) -> list[tuple[Image, dict[str, Any]]]:
    truths: dict[Any, tuple[Image, dict[str, Any], str]] = {}
    clashing: set[Any] = set()
    for one, image in match(project, gathered):
        if isinstance(image, RowRefused) or one.refused:
            refusals = [*one.refused, *([image] if isinstance(image, RowRefused) else [])]
            count[WHOLE] += bool(one.refused and one.marks)
        else:
            truth = truth_of(one.pieces, terms, width=image.width, height=image.height)
            refusals = truth if isinstance(truth, list) else []
            count[WHOLE] += bool(refusals) and one.marks > len(refusals)
            if not isinstance(truth, list):
                count[CLAMPED] += truth.clamped
                _, value, name = truths.setdefault(image.pk, (image, truth.value, one.file))
                if value != truth.value:
                    clashing.add(image.pk)
                    refusals = [RowRefused(one.pieces[0].row, one.file, CLASH.format(name))]
        for row in refusals:
            refuse(row)
    for pk in clashing:
        _, _, name = truths.pop(pk)
        refuse(RowRefused(None, name, CLASH.format("another name")))
    return [(image, value) for image, value, _ in truths.values()]


def _write(
    project: Project, queue: Queue | None, accepted: Sequence[tuple[Image, dict[str, Any]]], report: Report
) -> None:
    if queue is None:
        written = write_labels(project=project, truths=accepted)
    else:
        written = write_predictions(queue=queue, proposals=accepted)
    report.created += written.created
    report.unchanged += len(accepted) - written.created
    report.counts[KEPT if queue is None else WAITING] += written.kept
