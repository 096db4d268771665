"""What labeling shows of the apps above it, which register it here when they start."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from labeling.domain.image_filters import FilterField

ImagePanels = Callable[[Any, Any], str]
"""Takes the request and an Image; returns markup (safe) for the image's page, "" where it has nothing to say."""

image_panels: list[ImagePanels] = []


@dataclass(frozen=True)
class ImageFilters:
    """Filters that another app knows of, to choose images by.

    `narrow(images, project, values)` returns the images (a QuerySet) that those of its fields which are in `values`
    keep; raises ValueRefused. `nearest(images, project, values, count)` returns ids, nearest first, where `values`
    ask for likeness, else None.
    """

    fields: "tuple[FilterField, ...]"
    narrow: Callable[[Any, Any, Mapping[str, Any]], Any]
    nearest: Callable[[Any, Any, Mapping[str, Any], int], list[UUID] | None]


image_filters: list[ImageFilters] = []


@dataclass(frozen=True)
class Proposed:
    """What a model says of an image, as a task's proposal, and the capture it said it of."""

    proposal: dict[str, Any]
    capture_id: UUID | None


Proposers = Callable[[Sequence[Any]], dict[UUID, Proposed]]
"""Takes Images of one project; returns what is proposed by image id, an image without a prediction left out."""

proposers: list[Proposers] = []


def proposals_of(images: Sequence[Any]) -> dict[UUID, Proposed]:
    """What any app proposes of the images, by image id."""
    found: dict[UUID, Proposed] = {}
    for propose in proposers:
        found |= propose(images)
    return found
