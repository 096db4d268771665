"""How the model fares under each condition that the cameras report: where it is unsure, and where it is wrong."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from people.models import Project
from people.queries.ids import id_floor

MOST_ROWS = 20_000
MOST_CONDITIONS = 50

BY_CONDITION = """
WITH recent AS (
    SELECT capture_id, prediction_id, action FROM feedback_routingdecision
    WHERE project_id = %(project)s AND id >= %(floor)s AND created_at >= %(since)s
    ORDER BY id DESC LIMIT %(rows)s
)
SELECT capture.context ->> %(key)s AS condition, count(*), avg(prediction.confidence),
       avg((recent.action = 'review')::int)::float, count(truth.id),
       count(*) FILTER (WHERE truth.value = prediction.value)
FROM recent
JOIN inference_prediction AS prediction ON prediction.id = recent.prediction_id
JOIN inference_capture AS capture ON capture.id = recent.capture_id
LEFT JOIN labeling_resolution AS truth
       ON truth.image_id = capture.image_id AND truth.replaced_at IS NULL AND truth.value IS NOT NULL
      AND truth.by <> 'imported'
WHERE capture.context ->> %(key)s IS NOT NULL
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(conditions)s
"""


@dataclass(frozen=True)
class Condition:
    """Predictions under one value of a context key; `confidence` and `review_share` are means, 0..1.

    Of the predictions, `checked` are of images that people resolved, and `right` of those were as they say.
    """

    value: str
    predictions: int
    confidence: float
    review_share: float
    checked: int
    right: int

    @property
    def accuracy(self) -> float | None:
        """The share people found right of what they checked, 0..1. They check what was unsure: it flatters no model."""
        return self.right / self.checked if self.checked else None


def by_condition(project: Project, key: str, since: datetime) -> list[Condition]:
    """The predictions since then by what their captures' context says under `key`, the commonest first.

    Of the latest 20,000 predictions, and of 50 conditions at most.
    """
    terms: dict[str, Any] = {
        "project": project.pk,
        "key": key,
        "since": since,
        "floor": id_floor(since),
        "rows": MOST_ROWS,
        "conditions": MOST_CONDITIONS,
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_CONDITION, terms)
        return [Condition(*row) for row in cursor.fetchall()]
