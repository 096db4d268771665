"""A model's predictions of the past as a policy's dry run plays them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from feedback.domain.dry_run import Past
from feedback.models import RoutingPolicy
from feedback.queries.scale import Scale, from_json
from inference.domain.cells import labels_of, same, slice_of
from inference.models import ModelVersion
from people.queries.ids import id_floor

MOST_READ = 40_000
MOST_PLAYED = 4_000
"""The newest of more: a contiguous stretch, since a thinned one would prove less than was there."""

PAST = """
WITH decided AS (
    SELECT id, action, prediction_id, capture_id, burst, created_at
    FROM feedback_routingdecision
    WHERE project_id = %s AND id >= %s AND created_at >= %s AND action <> 'set_aside' ORDER BY id DESC LIMIT %s
)
SELECT decided.id, decided.action, decided.burst, decided.created_at, prediction.confidence, prediction.novelty,
       prediction.value, truth.value, source.key, coalesce(site.key, ''), capture.context,
       prediction.calibration_id, prediction.scores
FROM decided
JOIN inference_prediction AS prediction ON prediction.id = decided.prediction_id AND prediction.model_id = %s
JOIN inference_capture AS capture ON capture.id = decided.capture_id
JOIN labeling_source AS source ON source.id = capture.source_id
LEFT JOIN people_site AS site ON site.id = source.site_id
LEFT JOIN labeling_resolution AS truth
  ON truth.image_id = capture.image_id AND truth.replaced_at IS NULL AND truth.value IS NOT NULL
 AND truth.by <> 'imported' AND decided.action <> 'accept'
ORDER BY decided.id DESC
"""


@dataclass(frozen=True)
class Stretch:
    """The past that is played, since when, and whether it is all there was in the time asked for."""

    past: Past
    since: datetime | None
    whole: bool


def stretch(model: ModelVersion, policy: RoutingPolicy, days: int) -> Stretch:
    """The model's predictions of the last `days`, the newest 40,000 of them and the newest 4,000 bursts.

    Labels are those with a rule of their own in `policy`, slices by its `slice_by`. What was accepted is unverified,
    whatever became of its image for another reason.
    """
    since = timezone.now() - timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute(PAST, [model.project_id, id_floor(since), since, MOST_READ, model.pk])
        rows = cursor.fetchall()
    whole = len(rows) < MOST_READ
    scale = Scale((model.pk, row[11]) for row in rows)
    played: dict[Any, Any] = {}
    stands_for = 0
    for row in rows:
        burst = row[2] or row[0]
        if burst in played:
            stands_for += 1
            # What somebody looked at says more of its burst than what nobody did.
            if played[burst][7] is None and row[7] is not None:
                played[burst] = row
        elif len(played) < MOST_PLAYED:
            stands_for += 1
            played[burst] = row
        else:
            whole = False
            break
    chosen = sorted(played.values(), key=lambda row: row[0])
    values = [from_json(row[6]) for row in chosen]
    past = Past(
        confidence=np.array(
            [
                scale.today(model.pk, row[11], row[4], value, row[12])
                for row, value in zip(chosen, values, strict=True)
            ],
            float,
        ),
        novelty=np.array([np.nan if row[5] is None else row[5] for row in chosen], float),
        labels=[_ruled(value, policy) for value in values],
        slices=[
            slice_of(policy.slice_by, source=row[8], site=row[9], context=from_json(row[10]))
            for row in chosen
        ],
        passed=np.array([row[1] != "review" for row in chosen], bool),
        audited=np.array([row[1] == "audit" for row in chosen], bool),
        wrong=np.array(
            [
                np.nan if row[7] is None else float(not same(value, from_json(row[7])))
                for row, value in zip(chosen, values, strict=True)
            ],
            float,
        ),
        predictions=stands_for,
    )
    return Stretch(past, min((row[3] for row in chosen), default=None), whole)


def _ruled(value: dict[str, Any], policy: RoutingPolicy) -> str:
    """The label whose rule is the strictest for this prediction; "" where none has one."""
    ruled = [label for label in labels_of(value) if label in policy.label_rules]

    def strictness(label: str) -> tuple[float, float]:
        rule = policy.label_rules[label]
        return rule.get("threshold", policy.threshold), -rule.get("error_budget", 1.0)

    return max(ruled, key=strictness, default="")
