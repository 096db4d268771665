"""Telling webhooks of what people settled."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from labeling.models import Resolution
from people.enums import Event
from people.services import outbox

MOST_IMAGES = 500
"""One message names no more; the rest follow in others."""


def tell_of(*, resolutions: Sequence[Resolution]) -> None:
    """Announce what the project holds true from now on, a project's images together.

    It stands in the transaction of every answer: where no webhook wants it, it is one look by an index.
    """
    by_project: dict[UUID, list[Resolution]] = defaultdict(list)
    for resolution in resolutions:
        by_project[resolution.project_id].append(resolution)
    for project_id, rows in by_project.items():
        wanting = outbox.wanted_by(project_id, Event.IMAGES_RESOLVED)
        if not wanting:
            continue
        for start in range(0, len(rows), MOST_IMAGES):
            told: list[dict[str, Any]] = [
                {"image": str(row.image_id), "value": row.value, "by": row.by}
                for row in rows[start : start + MOST_IMAGES]
            ]
            outbox.put(rows[0].project, wanting, str(Event.IMAGES_RESOLVED), {"images": told})
