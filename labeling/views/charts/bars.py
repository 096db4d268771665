"""Counts side by side, one bar each: how busy every minute of an hour was."""

from collections.abc import Sequence

from django.utils.safestring import SafeString

from labeling.views.charts.scales import Scale, rounded_up, ticks
from labeling.views.charts.svg import NARROW, Drawing

HEIGHT, BOTTOM, LEFT, TOP = 120, 24, 32, 8


def bars(
    counts: Sequence[int], *, names: Sequence[str], width: float, title: str, description: str
) -> SafeString:
    """A bar for each count, its name under some of them. Raises ValueError where names and counts differ in number."""
    drawing = Drawing(width, HEIGHT, title=title, description=description)
    floor = HEIGHT - BOTTOM
    top = rounded_up(max([*counts, 1]), 3)
    up = Scale(0, top, floor, TOP)
    for tick in (tick for tick in ticks(0, top, 3) if tick == int(tick)):
        drawing.line("grid-line", LEFT, up(tick), width, up(tick))
        drawing.text("tick", LEFT - 6, up(tick) + 4, f"{tick:g}", "end")
    step = (width - LEFT) / max(len(counts), 1)
    every = -(-len(counts) // (4 if width <= NARROW else 12))
    for number, (count, name) in enumerate(zip(counts, names, strict=True)):
        x = LEFT + number * step
        if count:
            drawing.add(
                "rect",
                "bar",
                x=x + step * 0.15,
                y=up(count),
                width=step * 0.7,
                height=floor - up(count),
            )
        if number % every == 0:
            drawing.text("tick", x + step / 2, floor + 16, name, "start" if number == 0 else "middle")
    return drawing.render()
