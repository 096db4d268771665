"""How large images are, by their hashes."""

from collections.abc import Sequence
from uuid import UUID

from labeling.models import Image

CHUNK = 1000


def sizes_of(project: UUID, hashes: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Width and height of the upright pictures that the project has, by sha256."""
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(hashes), CHUNK):
        known = Image.objects.filter(project=project, sha256__in=hashes[start : start + CHUNK])
        for sha256, width, height in known.values_list("sha256", "width", "height"):
            found[sha256] = width, height
    return found
