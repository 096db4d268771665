"""Telling webhooks of what people settled."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from labeling.models import Resolution
from people.enums import Event
from people.models import Project
from people.services import webhooks

MOST_IMAGES = 500
"""One message names no more; the rest follow in others."""


def tell_of(*, resolutions: Sequence[Resolution]) -> None:
    """Announce what the project holds true from now on, a project's images together."""
    by_project: dict[Project, list[Resolution]] = defaultdict(list)
    for resolution in resolutions:
        by_project[resolution.project].append(resolution)
    for project, rows in by_project.items():
        for start in range(0, len(rows), MOST_IMAGES):
            told: list[dict[str, Any]] = [
                {"image": str(row.image_id), "value": row.value, "by": row.by}
                for row in rows[start : start + MOST_IMAGES]
            ]
            webhooks.announce(project=project, event=Event.IMAGES_RESOLVED, data={"images": told})
