"""What came of each camera lately, in the order in which it came."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inference.models import Capture
from labeling.enums import SourceKind
from people.models import Project

MOST = 5_000


@dataclass(frozen=True)
class Arrivals:
    """Of each of the project's newest captures from cameras, the oldest first: source, image, when it came, when the
    camera says that it was taken, and its id."""

    sources: list[int]
    images: list[UUID]
    times: list[datetime]
    captured: list[datetime]
    ids: list[UUID]

    def by_source(self) -> dict[int, list[int]]:
        """Where those of each source stand in the lists."""
        found: dict[int, list[int]] = {}
        for place, source in enumerate(self.sources):
            found.setdefault(source, []).append(place)
        return found


def newest(project: Project) -> Arrivals:
    """The newest 5,000, by the index of the project's captures."""
    rows = (
        Capture.objects.filter(project=project)
        .order_by("-id")
        .values_list("source_id", "image_id", "received_at", "captured_at", "id")[:MOST]
    )
    cameras = set(project.sources.filter(kind=SourceKind.CAMERA.value).values_list("pk", flat=True))
    kept = [row for row in reversed(rows) if row[0] in cameras]
    return Arrivals(
        [row[0] for row in kept],
        [row[1] for row in kept],
        [row[2] for row in kept],
        [row[3] for row in kept],
        [row[4] for row in kept],
    )
