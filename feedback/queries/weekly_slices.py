"""How often a week's predictions were right, over all and by source: estimates that the routing does not bias."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import connection

from feedback.domain.production import Share, Stratum, estimate
from feedback.domain.weekly import Week
from feedback.queries.production import MOST_DECISIONS, MOST_VERIFIED
from feedback.queries.scale import from_json
from feedback.queries.weekly import terms
from inference.domain.cells import same
from people.models import Project

MOST_SOURCES = 30
# As in `production`: reviews are answered from the least sure on, so tenths of the confidence tell apart who is behind.
DECIDED = """
WITH decided AS (
    SELECT id, action, inclusion_probability, prediction_id, capture_id, burst
    FROM feedback_routingdecision
    WHERE project_id = %(project)s AND id >= %(floor)s AND id < %(ceiling)s
      AND created_at >= %(start)s AND created_at < %(end)s ORDER BY id DESC LIMIT %(most)s
), told AS (
    SELECT decided.id, decided.capture_id, decided.burst, capture.source_id, capture.image_id, prediction.value,
           coalesce(prediction.value ->> 'label', '') AS label, decided.action,
           decided.action <> 'review' AS passed, decided.inclusion_probability AS inclusion,
           CASE WHEN decided.action = 'review' THEN least(floor(prediction.confidence * 10), 9)::int ELSE 0 END AS part
    FROM decided JOIN inference_prediction AS prediction ON prediction.id = decided.prediction_id
    JOIN inference_capture AS capture ON capture.id = decided.capture_id
)
"""
SIZES = (
    f"{DECIDED} SELECT source_id, label, passed, inclusion, part, count(*) FROM told GROUP BY 1, 2, 3, 4, 5"
)
VERIFIED = f"""{DECIDED}
SELECT told.source_id, told.label, told.passed, told.inclusion, told.part, told.burst, told.value, truth.value
FROM told JOIN labeling_resolution AS truth
  ON truth.image_id = told.image_id AND truth.replaced_at IS NULL AND truth.value IS NOT NULL
 AND truth.by <> 'imported'
WHERE told.action <> 'accept' ORDER BY told.id DESC LIMIT %(verified)s
"""


@dataclass(frozen=True)
class OfSource:
    """The estimate for one source; `part`, 0..1, is its share of the predictions estimated about."""

    key: str
    name: str
    accuracy: Share
    predictions: int
    part: float


@dataclass(frozen=True)
class Accuracy:
    """Of all predictions together, and by source, the most predictions first; the newest MOST_DECISIONS of the week."""

    accuracy: Share
    predictions: int
    verified: int
    sources: list[OfSource]

    @property
    def interval(self) -> tuple[float, float] | None:
        low, high = self.accuracy.low, self.accuracy.high
        return None if low is None or high is None else (low, high)


def accuracy(project: Project, week: Week) -> Accuracy:
    """Estimated from what people verified, whichever models predicted."""
    bounds: dict[str, Any] = terms(project, week) | {"most": MOST_DECISIONS, "verified": MOST_VERIFIED}
    with connection.cursor() as cursor:
        cursor.execute(SIZES, bounds)
        counted = cursor.fetchall()
        cursor.execute(VERIFIED, bounds)
        rows = cursor.fetchall()
    sizes: dict[Any, Counter[Stratum]] = defaultdict(Counter)
    for source, label, passed, inclusion, part, count in counted:
        sizes[source][Stratum(label, passed, inclusion, part)] += count
    verified: dict[Any, list[tuple[Stratum, str | None, bool]]] = defaultdict(list)
    seen: set[str] = set()
    for source, label, passed, inclusion, part, burst, said, held in rows:
        # The pictures of one burst show the same thing.
        if burst and burst in seen:
            continue
        seen.add(burst)
        said, held = from_json(said), from_json(held)
        true = held.get("label") if "label" in said else None
        verified[source].append((Stratum(label, passed, inclusion, part), true, same(said, held)))
    names = {row.pk: row for row in project.sources.filter(pk__in=[key for key in sizes if key])}
    whole = estimate(sum(sizes.values(), Counter()), [one for rows in verified.values() for one in rows], ())
    total = sum(sum(strata.values()) for strata in sizes.values())
    shown = sorted((key for key in sizes if key), key=lambda key: (-sizes[key].total(), names[key].key))
    return Accuracy(
        whole.accuracy,
        total,
        whole.verified,
        [
            OfSource(
                names[key].key,
                names[key].name,
                estimate(sizes[key], verified[key], ()).accuracy,
                sizes[key].total(),
                sizes[key].total() / total,
            )
            for key in shown[:MOST_SOURCES]
        ],
    )
