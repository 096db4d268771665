"""The predictions of the last days, as alert rules would have met them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from feedback.domain.alert_trial import Seen
from feedback.queries.scale import from_json
from inference.domain.cells import labels_of
from people.models import Project
from people.queries.ids import id_floor

DAYS = 7
MOST_ROWS = 100_000

LAST_DAYS = """
SELECT source.key, site.timezone, capture.captured_at, prediction.value, prediction.confidence, truth.value
FROM inference_capture AS capture
JOIN inference_prediction AS prediction ON prediction.capture_id = capture.id
JOIN labeling_source AS source ON source.id = capture.source_id
JOIN people_site AS site ON site.id = source.site_id
LEFT JOIN labeling_resolution AS truth
  ON truth.image_id = capture.image_id AND truth.replaced_at IS NULL AND truth.value IS NOT NULL
 AND truth.by <> 'imported'
WHERE capture.project_id = %s AND capture.id >= %s AND capture.captured_at >= %s
ORDER BY capture.captured_at DESC
LIMIT %s
"""


def last_days(project: Project) -> Iterator[Seen]:
    """The newest 100,000 predictions of seven days at sites, the oldest first."""
    since = timezone.now() - timedelta(days=DAYS)
    with connection.cursor() as cursor:
        cursor.execute(LAST_DAYS, [project.pk, id_floor(since), since, MOST_ROWS])
        rows: list[Any] = cursor.fetchall()
    for source, zone, at, said, confidence, held in reversed(rows):
        truth = tuple(labels_of(from_json(held))) if held is not None else None
        yield Seen(
            source, at.astimezone(ZoneInfo(zone)), tuple(labels_of(from_json(said))), confidence, truth
        )
