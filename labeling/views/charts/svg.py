"""A drawing in SVG: elements with classes, styled by the page's own stylesheet and never by attributes."""

from collections.abc import Callable
from uuid import uuid4
from xml.etree import ElementTree

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

WIDE, NARROW = 1040, 340
BOTH_WIDTHS = (WIDE, NARROW)
"""Widths drawn, in CSS pixels: a picture scaled from one to the other would be unreadable, so there are two."""


class Drawing:
    """An SVG of `width` × `height` user units, told to a screen reader by its title and description."""

    def __init__(self, width: float, height: float, *, title: str, description: str) -> None:
        named = f"chart-{uuid4().hex[:12]}"
        self.width, self.height = width, height
        self.root = ElementTree.Element(
            "svg",
            {
                "viewBox": f"0 0 {round(width, 1):g} {round(height, 1):g}",
                "width": f"{round(width, 1):g}",
                "height": f"{round(height, 1):g}",
                "role": "img",
                "aria-labelledby": f"{named}-title {named}-desc",
            },
        )
        ElementTree.SubElement(self.root, "title", {"id": f"{named}-title"}).text = title
        ElementTree.SubElement(self.root, "desc", {"id": f"{named}-desc"}).text = description

    def add(
        self, tag: str, classes: str, *, text: str = "", **attributes: float | str
    ) -> ElementTree.Element:
        """Append an element; `_` in an attribute's name stands for `-`, numbers are rounded to 0.1."""
        given = {"class": classes} | {
            name.replace("_", "-"): f"{round(value, 1):g}" if isinstance(value, float | int) else value
            for name, value in attributes.items()
        }
        element = ElementTree.SubElement(self.root, tag, given)
        if text:
            element.text = text
        return element

    def line(self, classes: str, x1: float, y1: float, x2: float, y2: float) -> None:
        self.add("line", classes, x1=x1, y1=y1, x2=x2, y2=y2)

    def text(self, classes: str, x: float, y: float, words: str, anchor: str = "start") -> None:
        self.add("text", classes, text=words, x=x, y=y, text_anchor=anchor)

    def path(self, classes: str, points: list[tuple[float, float]]) -> None:
        steps = " L".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in points)
        self.add("path", classes, d=f"M{steps}")

    def render(self) -> SafeString:
        """The markup; whatever came from outside was escaped by the serialiser."""
        return mark_safe(ElementTree.tostring(self.root, encoding="unicode"))


def both_widths(draw: Callable[[float], SafeString]) -> SafeString:
    """One drawing for a desk and one for a phone; the stylesheet shows one and hides the other from everybody."""
    return format_html('<div class="wide">{}</div><div class="narrow">{}</div>', draw(WIDE), draw(NARROW))
