"""Values with their intervals, one row each on a common axis: α of every label, α of every slice."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from labeling.views.charts.scales import Scale, ticks
from labeling.views.charts.svg import NARROW, Drawing

ROW, NARROW_ROW, TOP, BOTTOM = 26, 44, 22, 26
LETTER = 7.4
WHOLE = 1.0


@dataclass(frozen=True)
class Estimate:
    """A named value in an interval, with a note such as its support; `reason` stands where there is no value."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""
    reason: str = ""


def forest(
    rows: Sequence[Estimate],
    *,
    width: float,
    title: str,
    description: str,
    floor: float | None = None,
    low: float | None = None,
    high: float = WHOLE,
    nought: bool = False,
) -> SafeString:
    """A point and a whisker for each row, its name to the left and its value in words to the right.

    The axis runs from the lowest end (at most 0) to `high`; `floor` is drawn as a broken line with its value, and
    `nought` draws a solid one at 0, for differences. On a phone the name stands above its row.
    """
    narrow = width <= NARROW
    ends = [end for row in rows for end in (row.low, row.value) if end is not None]
    lowest = min([0.0, *ends]) if low is None else low
    step = NARROW_ROW if narrow else ROW
    left = 8.0 if narrow else 16 + LETTER * max((len(row.name) for row in rows), default=0)
    right = width - (8 if narrow else 16 + LETTER * max((len(_words(row)) for row in rows), default=0))
    across = Scale(lowest, high, left, right)
    bottom = TOP + step * len(rows)
    drawing = Drawing(width, bottom + BOTTOM, title=title, description=description)
    for tick in ticks(lowest, high, 3 if narrow else 6):
        drawing.line("grid-line", across(tick), TOP, across(tick), bottom)
        drawing.text("tick", across(tick), bottom + 18, f"{tick:g}".replace("-", "−"), "middle")
    if nought:
        drawing.line("axis", across(0), TOP, across(0), bottom)
    if floor is not None and lowest <= floor <= high:
        drawing.line("mark floor", across(floor), TOP - 4, across(floor), bottom)
        drawing.text("annotation", across(floor), TOP - 8, f"floor {floor:g}", "middle")
    for number, row in enumerate(rows):
        upper = TOP + number * step
        middle = upper + (30 if narrow else step / 2)
        if narrow:
            drawing.text("value-label", left, upper + 16, row.name)
            drawing.text("tick", width - 8, upper + 16, _words(row), "end")
        else:
            drawing.text("value-label", left - 8, middle + 4, row.name, "end")
            drawing.text("tick", right + 10, middle + 4, _words(row))
        _draw(drawing, across, row, middle)
    return drawing.render()


def _draw(drawing: Drawing, across: Scale, row: Estimate, y: float) -> None:
    if row.value is None:
        return
    if row.low is not None and row.high is not None:
        for end in (row.low, row.high):
            drawing.line("whisker", across(end), y - 4, across(end), y + 4)
        drawing.line("whisker", across(row.low), y, across(row.high), y)
    drawing.add("circle", "point", cx=across(row.value), cy=y, r=4)


def _words(row: Estimate) -> str:
    said = row.reason or "–" if row.value is None else in_words(row.value, row.low, row.high)
    return f"{said} · {row.note}" if row.note else said


def in_words(value: float, low: float | None = None, high: float | None = None) -> str:
    """A coefficient as it is read: "0.74 (0.70 to 0.78)"."""
    said = f"{value:.2f}" if low is None or high is None else f"{value:.2f} ({low:.2f} to {high:.2f})"
    return said.replace("-", "−")
