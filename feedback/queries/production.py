"""What the model that serves was worth lately, estimated from what people verified, and what more audits would buy."""

import statistics
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from feedback.domain import binomial
from feedback.domain.certification import least_answers
from feedback.domain.production import Production, Stratum, estimate
from feedback.models import Certificate, RoutingPolicy
from feedback.queries.scale import from_json
from inference.domain.cells import same
from inference.models import ModelVersion
from labeling.models import Answer
from people.models import Project
from people.queries.ids import id_floor

SPAN = timedelta(days=30)
MOST_DECISIONS = 100_000
"""Of more than these the newest are estimated about, so that the page's time is bounded."""

MOST_VERIFIED = 20_000
KEPT_SECONDS = 60
PACE_OF = 200
"""The audits' pace is the median time of so many of the newest answers to them."""

HOUR = 3600
# Reviews are answered from the least sure on: tenths of the confidence tell those apart that are behind.
DECIDED = """
WITH decided AS (
    SELECT id, action, inclusion_probability, prediction_id, capture_id, burst
    FROM feedback_routingdecision
    WHERE project_id = %(project)s AND id >= %(floor)s AND action <> 'set_aside'
    ORDER BY id DESC LIMIT %(most)s
), told AS (
    SELECT decided.id, decided.capture_id, decided.burst, coalesce(prediction.value ->> 'label', '') AS label,
           prediction.value, decided.action <> 'review' AS passed, decided.inclusion_probability AS inclusion,
           CASE WHEN decided.action = 'review' THEN least(floor(prediction.confidence * 10), 9)::int ELSE 0 END AS part
    FROM decided JOIN inference_prediction AS prediction ON prediction.id = decided.prediction_id
    WHERE prediction.model_id = %(model)s
)
"""
SIZES = f"{DECIDED} SELECT label, passed, inclusion, part, count(*) FROM told GROUP BY 1, 2, 3, 4"
VERIFIED = f"""{DECIDED}
SELECT told.label, told.passed, told.inclusion, told.part, told.burst, told.value, truth.value
FROM told JOIN inference_capture AS capture ON capture.id = told.capture_id
JOIN feedback_routingdecision AS decision ON decision.id = told.id AND decision.action <> 'accept'
JOIN labeling_resolution AS truth
  ON truth.image_id = capture.image_id AND truth.replaced_at IS NULL AND truth.value IS NOT NULL
 AND truth.by <> 'imported'
ORDER BY told.id DESC LIMIT %(verified)s
"""


@dataclass(frozen=True)
class Purchase:
    """What an hour of one person's audits adds: `audits` answers at the pace measured, and the bound after them.

    `bound` is None where nothing is certified yet; then `needed` is how few answers could prove the budget.
    """

    audits: int
    seconds_each: float
    bound: float | None
    needed: int


def production(model: ModelVersion) -> Production:
    """Of its predictions of the last 30 days, the newest 100,000; kept for a minute."""
    held: Production = cache.get_or_set(f"production.{model.pk}", lambda: _estimated(model), KEPT_SECONDS)
    return held


def as_json(found: Production) -> dict[str, Any]:
    """`{accuracy, labels: {KEY: {precision, recall}}, predictions, verified, unchecked}`; shares as objects."""
    return asdict(found)


def _estimated(model: ModelVersion) -> Production:
    terms: dict[str, Any] = {
        "project": model.project_id,
        "model": model.pk,
        "floor": id_floor(timezone.now() - SPAN),
        "most": MOST_DECISIONS,
        "verified": MOST_VERIFIED,
    }
    with connection.cursor() as cursor:
        cursor.execute(SIZES, terms)
        sizes = {Stratum(*row[:4]): row[4] for row in cursor.fetchall()}
        cursor.execute(VERIFIED, terms)
        rows = cursor.fetchall()
    seen: set[str] = set()
    verified = []
    for label, passed, inclusion, part, burst, said, held in rows:
        # The pictures of one burst show the same thing.
        if burst and burst in seen:
            continue
        seen.add(burst)
        said, held = from_json(said), from_json(held)
        true = held.get("label") if "label" in said else None
        verified.append((Stratum(label, passed, inclusion, part), true, same(said, held)))
    return estimate(sizes, verified, model.labels)


def hour_of_audits(project: Project, policy: RoutingPolicy, held: Certificate | None) -> Purchase | None:
    """What one hour more of audits would make of the bound that `held` certifies; None before any was answered.

    The bound shrinks as Clopper and Pearson's would at the error rate found so far.
    """
    each = cache.get_or_set(f"audit-seconds.{project.pk}", lambda: _pace(project, policy), KEPT_SECONDS)
    if not each or policy.error_budget is None:
        return None
    each *= policy.audit_people
    audits = max(1, int(HOUR / each))
    level = 1 - policy.confidence_level
    needed = least_answers(policy.error_budget, policy.confidence_level)
    if held is None or held.bound is None or held.error_rate is None or not held.answers:
        return Purchase(audits, each, None, needed)
    now, then = (
        binomial.upper_bound(round(held.error_rate * answers), answers, level)
        for answers in (held.answers, held.answers + audits)
    )
    return Purchase(audits, each, held.bound * then / now, needed)


def _pace(project: Project, policy: RoutingPolicy) -> float:
    """The median active seconds of an answer to an audit; 0 where there was none in 30 days."""
    newest = Answer.objects.filter(
        project=project,
        id__gte=id_floor(timezone.now() - SPAN),
        task__queue=policy.audit_queue,
        seconds__gt=0,
    ).order_by("-id")
    seconds = list(newest.values_list("seconds", flat=True)[:PACE_OF])
    return statistics.median(seconds) if seconds else 0.0
