"""What people drew on an image, for the page that shows it side by side: rectangles over it, and words beside it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labeling.models import Label
from labeling.queries.side_by_side import Beside, Said

STYLES = 5
"""Ways of drawing one person's boxes so that they are told from another's in black and white."""


@dataclass(frozen=True)
class Rectangle:
    """In pixels of the upright image; `asked`: it is what the page is about, and not one of the other boxes."""

    x: float
    y: float
    width: float
    height: float
    label: str
    asked: bool


@dataclass(frozen=True)
class Line:
    """Somebody's row of who said what. kinds: of the boxes they drew, (label's name, how many, whether one of them is
    what the page is about); None without boxes. by: how their rectangles are drawn, 1 to STYLES.
    """

    by: int
    said: Said
    kinds: list[tuple[str, int, bool]] | None


def lines(one: Beside, known: Mapping[str, Label]) -> list[Line]:
    """Everybody's row, the earliest first."""
    return [Line(by, said, _kinds(one, said, known)) for by, said in _styled(one)]


def rectangles(one: Beside, known: Mapping[str, Label]) -> list[tuple[int, list[Rectangle]]]:
    """Everybody's boxes, with how they are drawn."""
    return [
        (
            by,
            [_rectangle(region, known, (said.user.pk, region["id"]) in one.about) for region in said.regions],
        )
        for by, said in _styled(one)
        if said.regions is not None
    ]


def _styled(one: Beside) -> Iterator[tuple[int, Said]]:
    return ((min(place, STYLES), said) for place, said in enumerate(one.said, start=1))


def _rectangle(region: Mapping[str, Any], known: Mapping[str, Label], asked: bool) -> Rectangle:
    left, top, right, bottom = region["box"]
    return Rectangle(left, top, right - left, bottom - top, _name(region["label"], known), asked)


def _kinds(one: Beside, said: Said, known: Mapping[str, Label]) -> list[tuple[str, int, bool]] | None:
    if said.regions is None:
        return None
    counts = Counter(region["label"] for region in said.regions)
    asked = {region["label"] for region in said.regions if (said.user.pk, region["id"]) in one.about}
    return [(_name(key, known), count, key in asked) for key, count in counts.items()]


def _name(key: str, known: Mapping[str, Label]) -> str:
    return known[key].name if key in known else key
