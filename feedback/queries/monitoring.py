"""What was monitored, for other tools: a flat table, a row a prediction, and the newest looks for drift as tests."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from feedback.domain.monitoring_tests import Look
from feedback.queries import drift
from feedback.queries.serving import serving
from inference.domain.drift.features import STATISTICS
from inference.models import Prediction
from people.models import Project
from people.queries.ids import id_floor

COLUMNS = (
    *("timestamp", "prediction_id", "capture_id", "model", "source", "site"),
    *("prediction", "confidence", "uncertainty", "novelty"),
    *STATISTICS,
)
PAGE = 1000


class _Line:
    """A file of which each line is handed on."""

    def write(self, line: str) -> str:
        return line


def table(project: Project, since: datetime | None = None, source: str = "") -> Iterator[str]:
    """Lines of CSV, the names first, oldest prediction first; read in pages, however many there are.

    `timestamp` is when the picture was taken, RFC 3339; `prediction` is the label, of boxes all their labels.
    """
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    rows = Prediction.objects.filter(project=project).order_by("pk")
    if source:
        rows = rows.filter(capture__source__key=source)
    if since is not None:
        rows = rows.filter(pk__gte=id_floor(since))
    last = None
    while True:
        page = list(
            (rows if last is None else rows.filter(pk__gt=last)).values(
                *("pk", "capture_id", "capture__captured_at", "model__number"),
                *("capture__source__key", "capture__source__site__key", "value"),
                *("confidence", "uncertainty", "novelty", "picture__numbers"),
            )[:PAGE]
        )
        for row in page:
            yield writer.writerow(_cells(row))
        if len(page) < PAGE:
            return
        last = page[-1]["pk"]


def looks(project: Project) -> list[Look]:
    """The newest look at each source under the reference in force, all together first; empty before the first."""
    model = serving(project)
    reference = drift.in_force(project, model) if model else None
    found = drift.by_source(reference, 1) if reference else {}
    return [
        Look(source, checks[-1].at, checks[-1].captures, checks[-1].loudness)
        for source, checks in found.items()
    ]


def _cells(row: dict[str, Any]) -> list[Any]:
    value = row["value"]
    labels = (
        [value["label"]] if "label" in value else [region["label"] for region in value.get("regions", [])]
    )
    return [
        row["capture__captured_at"].isoformat(),
        row["pk"],
        row["capture_id"],
        row["model__number"],
        row["capture__source__key"],
        row["capture__source__site__key"],
        " ".join(labels),
        row["confidence"],
        row["uncertainty"],
        row["novelty"],
        *(row["picture__numbers"] or [None] * len(STATISTICS)),
    ]
