"""Images whose truth does not come from a dataset: known answers, and what people verified in production lately."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from labeling.models import Gold, Image
from people.queries.ids import id_floor

SPAN = timedelta(days=28)
MOST_GOLD = 1000
MOST_RECENT = 500
MOST_RESOLUTIONS = 20_000
# The order is that of a hash of the image, so that the first are a sample.
VERIFIED = """
WITH lately AS (
    SELECT image_id FROM labeling_resolution
    WHERE project_id = %(project)s AND id >= %(floor)s AND replaced_at IS NULL AND value IS NOT NULL
      AND by <> 'imported'
    ORDER BY id DESC LIMIT %(newest)s
)
SELECT image.id, image.sha256, image."group" FROM lately
JOIN labeling_image AS image ON image.id = lately.image_id AND image.erased_at IS NULL
WHERE EXISTS (
    SELECT 1 FROM inference_capture AS capture
    WHERE capture.image_id = image.id AND capture.id >= %(floor)s AND capture.state = 'predicted'
)
ORDER BY image.sha256
"""


def gold(project: UUID, *, unlike: Collection[str] = ()) -> list[tuple[Image, dict[str, Any]]]:
    """Up to MOST_GOLD images with their known answer, without those hashes, in the order of their hashes."""
    rows = Gold.objects.filter(project=project, retired_at=None, image__erased_at=None)
    held = rows.select_related("image").order_by("image__sha256").iterator(chunk_size=MOST_GOLD)
    fresh = ((row.image, row.value) for row in held if row.image.sha256 not in unlike)
    return list(islice(fresh, MOST_GOLD))


def recent(project: UUID, *, unlike: Collection[str] = ()) -> list[tuple[Image, dict[str, Any]]]:
    """Up to MOST_RECENT images of the last four weeks that were predicted, with what people said of them.

    They are drawn from the newest MOST_RESOLUTIONS by their hashes, without those in `unlike`; of a burst there is one.
    """
    terms: dict[str, Any] = {
        "project": project,
        "floor": id_floor(timezone.now() - SPAN),
        "newest": MOST_RESOLUTIONS,
    }
    with connection.cursor() as cursor:
        cursor.execute(VERIFIED, terms)
        chosen = list(islice(_one_a_burst(cursor.fetchall(), unlike), MOST_RECENT))
    held = Image.objects.filter(
        pk__in=chosen, resolutions__replaced_at=None, resolutions__value__isnull=False
    )
    values = dict(held.values_list("pk", "resolutions__value"))
    images = Image.objects.filter(pk__in=list(values)).order_by("sha256")
    return [(image, values[image.pk]) for image in images]


def _one_a_burst(rows: list[tuple[UUID, str, str]], unlike: Collection[str]) -> Iterator[UUID]:
    seen: set[str] = set()
    for pk, sha256, burst in rows:
        if sha256 in unlike or (burst and burst in seen):
            continue
        seen.add(burst)
        yield pk
