"""The images on which a challenger does worse than the champion, the worst first, with what both said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet

from feedback.domain.gate_comparison import Pair, worse
from labeling.models import Image

MOST = 1000
"""Of more the worst are listed."""
FEW = 6


@dataclass(frozen=True)
class Side:
    """An image that got worse. Each list is of (label, how often, of these rightly): what is true, and what either
    model said."""

    image: Image
    true: list[tuple[str, int, int]]
    champion: list[tuple[str, int, int]]
    challenger: list[tuple[str, int, int]]


def worsened(project: Any, both: Pair) -> tuple[int, QuerySet[Image]]:
    """How many images got worse, and the worst MOST of them that were not erased since."""
    lost = worse(both)
    hashes = [sha256 for sha256, _ in lost[:MOST]]
    return len(lost), Image.objects.filter(project=project, sha256__in=hashes, erased_at=None)


def worst(project: Any, both: Pair, count: int = FEW) -> list[Image]:
    """The `count` images that got worst, the worst first."""
    hashes = [sha256 for sha256, _ in worse(both)[:count]]
    found = {
        each.sha256: each for each in Image.objects.filter(project=project, sha256__in=hashes, erased_at=None)
    }
    return [found[sha256] for sha256 in hashes if sha256 in found]


def sides(both: Pair, images: Sequence[Image]) -> list[Side]:
    """What is true of each image and what both said of it."""
    places = {sha256: number for number, sha256 in enumerate(both.hashes)}
    return [
        Side(
            image,
            _told(both, both.ours, places[image.sha256], "true"),
            _told(both, both.theirs, places[image.sha256], "said"),
            _told(both, both.ours, places[image.sha256], "said"),
        )
        for image in images
    ]


def _told(both: Pair, rows: np.ndarray, place: int, name: str) -> list[tuple[str, int, int]]:
    own = rows[(rows["image"] == place) & (rows["variant"] == 0) & (rows[name] > 0)]
    return [(both.labels[row["label"]], int(row[name]), int(row["right"])) for row in own]
