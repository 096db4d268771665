"""Lines over time or over epochs: small panels one above the other on one axis, labelled where they end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from labeling.views.charts.scales import Scale, rounded_up, spread, ticks, time_ticks, time_words
from labeling.views.charts.svg import NARROW, Drawing

PANEL_HEIGHT, PANEL_GAP = 150, 34
TOP, BOTTOM, LEFT = 12, 26, 44
LETTER, LINE = 7.4, 16
"""About the width of a letter and the height of a line of a chart's words, in CSS pixels."""


@dataclass(frozen=True)
class Line:
    """A named series of (x, y); a y of None breaks the line. `dots` marks each point, for few or uneven ones."""

    name: str
    points: Sequence[tuple[float, float | None]]
    dots: bool = False


@dataclass(frozen=True)
class Panel:
    """Lines that share a unit. `write` says a value in words; `low` and `high` bound the axis, else the data do."""

    title: str
    lines: Sequence[Line]
    write: Callable[[float], str] = "{:.3g}".format
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Mark:
    """Something that happened at x, as a line across every panel with its words above. `kind` names its class."""

    x: float
    words: str
    kind: str = "event"


@dataclass
class _Frame:
    drawing: Drawing
    across: Scale
    right: float
    narrow: bool


def lines(
    panels: Sequence[Panel],
    *,
    width: float,
    title: str,
    description: str,
    start: float,
    end: float,
    marks: Sequence[Mark] = (),
    time: bool = True,
) -> SafeString:
    """Draw the panels over start..end: POSIX seconds where `time`, else whole numbers such as epochs."""
    narrow = width <= NARROW
    longest = max((len(line.name) for panel in panels for line in panel.lines), default=0)
    margin = 12 + LETTER * (longest if narrow else longest + len(" 100%"))
    across = Scale(start, end, LEFT, width - margin)
    levels = _levels(marks, across, width)
    top = TOP + (max(levels) + 1.5 if levels else 0) * LINE
    height = top + len(panels) * (PANEL_HEIGHT + PANEL_GAP) + BOTTOM - PANEL_GAP + LINE
    drawing = Drawing(width, height, title=title, description=description)
    frame = _Frame(drawing, across, width - margin, narrow)
    floor = height - BOTTOM
    _draw_marks(frame, marks, levels, floor)
    for number, panel in enumerate(panels):
        upper = top + LINE + number * (PANEL_HEIGHT + PANEL_GAP)
        _draw_panel(frame, panel, upper, upper + PANEL_HEIGHT)
    most = 3 if narrow else 8
    places = time_ticks(start, end, most) if time else [t for t in ticks(start, end, most) if t == int(t)]
    for place in places:
        words = time_words(place, end - start) if time else f"{place:g}"
        drawing.line("axis", across(place), floor, across(place), floor + 4)
        drawing.text("tick", across(place), floor + 18, words, "middle")
    return drawing.render()


def _extent(mark: Mark, x: float, width: float) -> tuple[float, float]:
    """From where to where the mark's words reach: to its right, or to its left where the drawing ends."""
    wide = LETTER * len(mark.words)
    return (x - 5 - wide, x - 5) if x + 5 + wide > width else (x + 5, x + 5 + wide)


def _levels(marks: Sequence[Mark], across: Scale, width: float) -> list[int]:
    """On which row of words, from 0, each mark is named, so that no two names overlap."""
    levels: list[int] = []
    taken: list[list[tuple[float, float]]] = []
    for mark in marks:
        first, last = _extent(mark, across(mark.x), width)
        free = (n for n, row in enumerate(taken) if all(last < a - 6 or first > b + 6 for a, b in row))
        level = next(free, len(taken))
        if level == len(taken):
            taken.append([])
        taken[level].append((first, last))
        levels.append(level)
    return levels


def _draw_marks(frame: _Frame, marks: Sequence[Mark], levels: Sequence[int], floor: float) -> None:
    for mark, level in zip(marks, levels, strict=True):
        x = frame.across(mark.x)
        y = TOP + level * LINE
        frame.drawing.line(f"mark {mark.kind}", x, y, x, floor)
        first, last = _extent(mark, x, frame.drawing.width)
        before = last < x
        frame.drawing.text(
            f"annotation {mark.kind}",
            last if before else first,
            y + 10,
            mark.words,
            "end" if before else "start",
        )


def _draw_panel(frame: _Frame, panel: Panel, upper: float, lower: float) -> None:
    drawing = frame.drawing
    values = [y for line in panel.lines for _, y in line.points if y is not None]
    low = panel.low if panel.low is not None else min(values, default=0)
    high = panel.high if panel.high is not None else max(values, default=1)
    if panel.high is None:
        high = low + rounded_up(high - low, 4) if high > low else low + 1
    up = Scale(low, high, lower, upper)
    drawing.text("value-label", LEFT, upper - 8, panel.title)
    for tick in ticks(low, high, 4):
        drawing.line("grid-line", LEFT, up(tick), frame.right, up(tick))
        drawing.text("tick", LEFT - 6, up(tick) + 4, panel.write(tick), "end")
    ends = []
    for number, line in enumerate(panel.lines):
        for piece in _pieces(line.points):
            places = [(frame.across(x), up(y)) for x, y in piece]
            if len(places) > 1:
                drawing.path(f"line s{number + 1}", places)
            if line.dots or len(places) == 1:
                for x, y in places:
                    drawing.add("circle", f"point s{number + 1}", cx=x, cy=y, r=3)
        last = next(((x, y) for x, y in reversed(line.points) if y is not None), None)
        if last is not None:
            ends.append((number, [line.name, panel.write(last[1])], up(last[1])))
    gap = LINE * (2 if frame.narrow else 1)
    places = spread([y for _, _, y in ends], gap, upper + 4, lower)
    for (number, words, _), y in zip(ends, places, strict=True):
        rows = words if frame.narrow else [" ".join(words)]
        for row, said in enumerate(rows):
            drawing.text(f"series-label s{number + 1}", frame.right + 8, y + 4 + row * LINE * 0.85, said)


def _pieces(points: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """The unbroken parts of a line."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    return [piece for piece in pieces if piece]
