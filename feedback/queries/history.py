"""How the project fared over time: confidence, accuracy where people checked, review share, and what happened."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from feedback.enums import PromotionKind
from feedback.models import Promotion
from inference.models import Capture
from people.models import Project
from people.queries.ids import id_floor

SPANS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
BINS = 48
BIN_SECONDS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
MOST_SHIFTS = 8
"""More changes of condition than this are no story; the chart leaves them out and says so."""

SEEN = """
    SELECT capture.source_id, capture.context ->> 'condition' AS condition,
           floor(extract(epoch FROM capture.received_at - %(start)s::timestamptz) / %(bin)s)::int AS bin,
           capture.id, capture.image_id, capture.received_at
    FROM inference_capture AS capture
    WHERE capture.project_id = %(project)s AND capture.id >= %(floor)s
      AND capture.received_at >= %(start)s AND capture.received_at < %(end)s
"""
# What was imported with its label is no check of the model: it may be what the model was trained on.
BY_BIN = f"""
WITH seen AS ({SEEN})
SELECT seen.bin, count(*), count(prediction.id), avg(prediction.confidence),
       count(decision.id), count(*) FILTER (WHERE decision.action = 'review'),
       count(*) FILTER (WHERE truth.value IS NOT NULL AND prediction.id IS NOT NULL),
       count(*) FILTER (WHERE truth.value = prediction.value)
FROM seen
LEFT JOIN inference_prediction AS prediction ON prediction.capture_id = seen.id
LEFT JOIN feedback_routingdecision AS decision ON decision.capture_id = seen.id
LEFT JOIN labeling_resolution AS truth
       ON truth.image_id = seen.image_id AND truth.replaced_at IS NULL AND truth.by <> 'imported'
GROUP BY seen.bin ORDER BY seen.bin
"""
BY_CONDITION = f"""
WITH seen AS ({SEEN})
SELECT source_id, bin, condition, count(*), min(received_at) FROM seen
WHERE condition IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 2
"""


@dataclass(frozen=True)
class Bin:
    """A stretch of time. `confidence` is the mean of its predictions; `right` of `checked` predictions were as
    people resolved the image; `reviewed` of `routed` went to people first."""

    at: datetime
    captures: int
    predicted: int
    confidence: float | None
    routed: int
    reviewed: int
    checked: int
    right: int

    @property
    def accuracy(self) -> float | None:
        """The share people found right of what they checked, 0..1."""
        return self.right / self.checked if self.checked else None

    @property
    def review_share(self) -> float | None:
        """The share that went to people before it was acted on, 0..1."""
        return self.reviewed / self.routed if self.routed else None


@dataclass(frozen=True)
class Happening:
    """A moment worth a mark: `kind` is `promotion` or `shift`."""

    at: datetime
    words: str
    kind: str


@dataclass(frozen=True)
class History:
    """Bins of `bin_seconds` from start to end, those without captures left out, and what happened meanwhile."""

    start: datetime
    end: datetime
    bin_seconds: int
    bins: list[Bin]
    happenings: list[Happening]
    too_many_shifts: bool


def history(project: Project, span: str, now: datetime | None = None) -> History:
    """The last hour, day, week or month, or as much of it as there were captures. Raises KeyError otherwise."""
    end = now or timezone.now()
    start = end - SPANS[span]
    first = (
        Capture.objects.filter(project=project, id__gte=id_floor(start), received_at__gte=start)
        .order_by("id")
        .values_list("received_at", flat=True)
        .first()
    )
    start = max(start, first) if first else start
    length = (end - start).total_seconds()
    width = next((s for s in BIN_SECONDS if length / s <= BINS), BIN_SECONDS[-1])
    terms: dict[str, Any] = {
        "project": project.pk,
        "floor": id_floor(start),
        "start": start,
        "end": end,
        "bin": width,
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_BIN, terms)
        bins = [Bin(start + timedelta(seconds=width * row[0]), *row[1:]) for row in cursor.fetchall()]
        cursor.execute(BY_CONDITION, terms)
        shifts = condition_shifts(cursor.fetchall(), near=timedelta(seconds=2 * width))
    too_many = len(shifts) > MOST_SHIFTS
    happenings = _promotions(project, start) + ([] if too_many else shifts)
    return History(start, end, width, bins, sorted(happenings, key=lambda h: h.at), too_many)


def condition_shifts(rows: list[tuple[Any, int, str, int, datetime]], near: timedelta) -> list[Happening]:
    """When a source's prevailing condition changed, of rows (source, bin, condition, captures, first seen) by bin.

    Sources that change to the same condition within `near` of each other make one happening.
    """
    counts: dict[tuple[Any, int], Counter[str]] = defaultdict(Counter)
    seen_at: dict[tuple[Any, int, str], datetime] = {}
    for source, number, condition, captures, first_seen in rows:
        counts[source, number][condition] += captures
        seen_at[source, number, condition] = first_seen
    prevailing: dict[Any, str] = {}
    changes = []
    for (source, number), counted in counts.items():
        condition = counted.most_common(1)[0][0]
        if prevailing.setdefault(source, condition) != condition:
            prevailing[source] = condition
            changes.append((seen_at[source, number, condition], condition))
    shifts: list[Happening] = []
    for at, condition in sorted(changes):
        words = condition.replace("_", " ")
        if not any(known.words == words and at - known.at <= near for known in shifts):
            shifts.append(Happening(at, words, "shift"))
    return shifts


def _promotions(project: Project, since: datetime) -> list[Happening]:
    made = (
        Promotion.objects.filter(project=project, at__gte=since).select_related("challenger").order_by("at")
    )
    return [
        Happening(
            promotion.at,
            f"back to model {promotion.challenger.number}"
            if promotion.kind == PromotionKind.ROLLED_BACK
            else f"model {promotion.challenger.number} serves",
            "promotion",
        )
        for promotion in made
    ]
