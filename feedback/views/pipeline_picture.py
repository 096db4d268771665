"""The five stages as one picture: boxes with their figures, in a ring, each with the number of its gaps."""

from collections.abc import Sequence

from django.utils.safestring import SafeString

from feedback.queries.pipeline import Step
from feedback.views.charts import Chart
from labeling.views.charts import both_widths
from labeling.views.charts.svg import NARROW, Drawing

EDGE, BETWEEN, BOX, ARROW = 12.0, 34.0, 132.0, 7.0
LOOP = 34.0


def picture(steps: Sequence[Step]) -> Chart:
    """The stages side by side, on a phone one under the other; the last leads back to the first."""
    lacking = sum(len(step.gaps) for step in steps)
    whole = [str(step.stage) for step in steps if not step.gaps]
    caption = "Nothing is lacking on the way." if not lacking else _lacking(lacking, whole)
    description = " ".join(_said(step) for step in steps)

    def draw(width: float) -> SafeString:
        across = width > NARROW
        drawing = Drawing(
            width,
            BOX + 2 * EDGE + LOOP if across else len(steps) * (BOX + BETWEEN) - BETWEEN + 2 * EDGE,
            title="From the cameras to the alarms",
            description=description,
        )
        wide = (width - 2 * EDGE - (len(steps) - 1) * BETWEEN) / len(steps) if across else width - 2 * EDGE
        for number, step in enumerate(steps):
            x = EDGE + number * (wide + BETWEEN) if across else EDGE
            y = EDGE if across else EDGE + number * (BOX + BETWEEN)
            _box(drawing, step, x, y, wide)
            if number + 1 < len(steps):
                if across:
                    _arrow(drawing, [(x + wide + 4, y + BOX / 2), (x + wide + BETWEEN - 4, y + BOX / 2)])
                else:
                    _arrow(drawing, [(width / 2, y + BOX + 4), (width / 2, y + BOX + BETWEEN - 4)])
        if across:
            first, last = EDGE + wide / 2, width - EDGE - wide / 2
            under, turn = EDGE + BOX + 4, EDGE + BOX + LOOP - 6
            _arrow(drawing, [(last, under), (last, turn), (first, turn), (first, under)])
        return drawing.render()

    return Chart(both_widths(draw), caption)


def _box(drawing: Drawing, step: Step, x: float, y: float, wide: float) -> None:
    gaps = len(step.gaps)
    kind = "stage-box lacking" if gaps else "stage-box"
    drawing.add("rect", kind, x=x, y=y, width=wide, height=BOX, rx=10)
    drawing.text("stage-name", x + 14, y + 25, str(step.stage).capitalize())
    for number, (value, what) in enumerate(step.figures):
        drawing.text("stage-value", x + 14, y + 49 + 36 * number, value)
        drawing.text("stage-what", x + 14, y + 64 + 36 * number, what)
    words = f"{gaps} gap{'s' if gaps > 1 else ''}" if gaps else "nothing lacking"
    drawing.text(
        "stage-gaps lacking" if gaps else "stage-gaps",
        x + 14,
        y + BOX - 10,
        words,
    )


def _arrow(drawing: Drawing, points: list[tuple[float, float]]) -> None:
    """A line through the points with a head at the last."""
    drawing.path("stage-way", points)
    (fromx, fromy), (x, y) = points[-2:]
    long = max(abs(x - fromx), abs(y - fromy))
    dx, dy = (x - fromx) / long * ARROW, (y - fromy) / long * ARROW
    drawing.path("stage-way", [(x - dx - dy, y - dy - dx), (x, y), (x - dx + dy, y - dy + dx)])


def _said(step: Step) -> str:
    figures = ", ".join(f"{value} {what}" for value, what in step.figures)
    lacking = " ".join(gap.words for gap in step.gaps) or "Nothing is lacking."
    return f"{str(step.stage).capitalize()}: {figures}. {lacking}"


def _lacking(count: int, whole: Sequence[str]) -> str:
    said = f"{count} gap{'s' if count > 1 else ''} on the way"
    return (
        f"{said}; nothing is lacking in {' and '.join(whole)}." if whole else f"{said}, some at every stage."
    )
