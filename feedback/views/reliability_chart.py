"""The reliability diagram: how often a model was right against how sure it was, drawn with intervals."""

from collections.abc import Mapping
from typing import Any

from django.utils.safestring import SafeString

from labeling.templatetags.figures import percent
from labeling.views.charts.scales import Scale
from labeling.views.charts.svg import Drawing

SIDE, LEFT, TOP, BELOW = 340.0, 44.0, 14.0, 44.0
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_chart(figures: Mapping[str, Any], title: str) -> SafeString:
    """A point for each bin of `domain.reliability`, its 95% interval as a whisker; on the diagonal the confidence is
    what it says."""
    description = "; ".join(
        f"at {percent(each['confidence'])} confidence {percent(each['accuracy'])} right, "
        f"{percent(each['interval'][0])} to {percent(each['interval'][1])}, of {each['count']}"
        for each in figures["bins"]
    )
    drawing = Drawing(SIDE, SIDE, title=title, description=f"{description}.")
    right, bottom = SIDE - 10, SIDE - BELOW
    across, up = Scale(0, 1, LEFT, right), Scale(0, 1, bottom, TOP)
    for tick in TICKS:
        drawing.line("grid-line", across(tick), TOP, across(tick), bottom)
        drawing.line("grid-line", LEFT, up(tick), right, up(tick))
        drawing.text("tick", across(tick), bottom + 17, percent(tick), "middle")
        drawing.text("tick", LEFT - 7, up(tick) + 4, percent(tick), "end")
    drawing.line("axis", across(0), up(0), across(1), up(1))
    drawing.text("annotation", (LEFT + right) / 2, SIDE - 6, "How sure it was", "middle")
    drawing.text("annotation", LEFT + 6, TOP + 12, "How often it was right")
    for each in figures["bins"]:
        x, (low, high) = across(each["confidence"]), each["interval"]
        drawing.line("line s1", x, up(low), x, up(high))
        for end in (low, high):
            drawing.line("line s1", x - 4, up(end), x + 4, up(end))
        drawing.add("circle", "point s1", cx=x, cy=up(each["accuracy"]), r=4)
    return drawing.render()
