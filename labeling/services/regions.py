"""Saying which part of a camera's picture its alerts are about."""

import math
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.models import Region, Source
from labeling.rules import check_manage
from people.services import audit

LONGEST_NAME = 200
LEAST_SHARE = 0.01
"""A region narrower or lower than this share of the picture is a slip of the hand."""


class RegionRefused(ValueError):
    """A region that cannot be; `field` is what was wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@transaction.atomic
def set_region(*, user: Any, source: Source, name: str, box: Sequence[float]) -> Region:
    """From now on the source's alerts are about this part: left, top, right, bottom as shares 0..1 of the picture.

    Raises PermissionDenied for who does not lead the project, RegionRefused.
    """
    check_manage(user, source.project)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise RegionRefused("name", f"must be 1 to {LONGEST_NAME} characters.")
    if len(box) != 4 or not all(math.isfinite(share) and 0 <= share <= 1 for share in box):
        raise RegionRefused("box", "must be left, top, right and bottom, each from 0 to 1.")
    left, top, right, bottom = box
    if right - left < LEAST_SHARE or bottom - top < LEAST_SHARE:
        raise RegionRefused("box", "must reach from left to right and from top to bottom.")
    region, _ = Region.objects.update_or_create(
        source=source, defaults={"name": name, "box": list(box), "set_by": user, "set_at": timezone.now()}
    )
    audit.record(
        actor=user,
        action="region.set",
        target=source,
        project_id=source.project_id,
        detail={"name": name, "box": list(box)},
    )
    source.region = region
    return region


@transaction.atomic
def clear_region(*, user: Any, source: Source) -> None:
    """From now on the source's alerts are about the whole picture; again is the same. Raises PermissionDenied."""
    check_manage(user, source.project)
    if Region.objects.filter(source=source).delete()[0]:
        audit.record(actor=user, action="region.cleared", target=source, project_id=source.project_id)
