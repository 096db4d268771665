"""A figure over time as a control chart: what is usual, what lies outside, and where it changed for good."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from labeling.views.charts.scales import Scale, ticks, time_ticks, time_words
from labeling.views.charts.svg import NARROW, Drawing

HEIGHT, TOP, BOTTOM, LEFT = 220, 28, 28, 44


@dataclass(frozen=True)
class Moment:
    """A figure at a time (POSIX seconds); low and high bound what is usual there. None breaks the line."""

    at: float
    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def is_outside(self) -> bool:
        """Whether it lies outside what is usual."""
        if self.value is None:
            return False
        return (self.low is not None and self.value < self.low) or (
            self.high is not None and self.value > self.high
        )


def control(
    moments: Sequence[Moment],
    *,
    width: float,
    title: str,
    description: str,
    centre: float | None = None,
    change_at: float | None = None,
    marks: Sequence[tuple[float, str]] = (),
) -> SafeString:
    """Points joined by a line over the band of what is usual; a point outside is a hollow diamond.

    `change_at` and `marks` (time, words) are upright lines with their words; the change is the solid one.
    """
    times = [moment.at for moment in moments] + [at for at, _ in marks]
    ends = [end for m in moments for end in (m.value, m.low, m.high) if end is not None]
    start, end = min(times, default=0.0), max(times, default=1.0)
    right = width - 16
    across = Scale(start, end if end > start else start + 1, LEFT + 8, right - 8)
    low, high = min([*ends, 0.0]), max([*ends, 1.0])
    up = Scale(low, high, HEIGHT - BOTTOM, TOP)
    drawing = Drawing(width, HEIGHT, title=title, description=description)
    for tick in ticks(low, high, 4):
        drawing.line("grid-line", LEFT, up(tick), right, up(tick))
        drawing.text("tick", LEFT - 6, up(tick) + 4, f"{tick:g}".replace("-", "−"), "end")
    _draw_band(drawing, moments, across, up)
    if centre is not None:
        drawing.line("grid-line centre", LEFT, up(centre), right, up(centre))
    for at, words in marks:
        _draw_mark(drawing, across(at), words, "mark", TOP - 14, right)
    if change_at is not None:
        _draw_mark(drawing, across(change_at), "change", "mark promotion", TOP - 2, right)
    _draw_points(drawing, moments, across, up)
    for place in time_ticks(start, end, 3 if width <= NARROW else 8) if end > start else []:
        drawing.text("tick", across(place), HEIGHT - 8, time_words(place, end - start), "middle")
    return drawing.render()


def _draw_band(drawing: Drawing, moments: Sequence[Moment], across: Scale, up: Scale) -> None:
    banded = [m for m in moments if m.low is not None and m.high is not None]
    if len(banded) < 2:
        return
    there = [(across(m.at), up(m.high)) for m in banded]
    back = [(across(m.at), up(m.low)) for m in reversed(banded)]
    drawing.path("band", [*there, *back])


def _draw_mark(drawing: Drawing, x: float, words: str, kind: str, y: float, right: float) -> None:
    drawing.line(kind, x, y, x, HEIGHT - BOTTOM)
    before = x > right - 80
    drawing.text("annotation", x - 5 if before else x + 5, y + 8, words, "end" if before else "start")


def _draw_points(drawing: Drawing, moments: Sequence[Moment], across: Scale, up: Scale) -> None:
    piece: list[tuple[float, float]] = []
    for moment in moments:
        if moment.value is None:
            _draw_line(drawing, piece)
            piece = []
        else:
            piece.append((across(moment.at), up(moment.value)))
    _draw_line(drawing, piece)
    for moment in moments:
        if moment.value is None:
            continue
        x, y = across(moment.at), up(moment.value)
        if moment.is_outside:
            drawing.path("outside", [(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y), (x, y - 7)])
        else:
            drawing.add("circle", "point", cx=x, cy=y, r=3.5)


def _draw_line(drawing: Drawing, piece: list[tuple[float, float]]) -> None:
    if len(piece) > 1:
        drawing.path("line", piece)
