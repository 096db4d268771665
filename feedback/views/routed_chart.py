"""Where predictions went over time, as a chart."""

from django.utils.safestring import SafeString

from feedback.queries.routed import routed
from feedback.views.charts import Chart
from labeling.templatetags.figures import percent
from labeling.views.charts import Line, Panel, both_widths, lines
from people.models import Project


def routed_chart(project: Project) -> Chart | None:
    """The shares accepted, reviewed and audited; None before there are two stretches of time to compare."""
    past = routed(project)
    if len(past) < 2:
        return None
    at = [row.at.timestamp() + row.seconds / 2 for row in past]
    total = sum(row.routed for row in past)
    reviewed, audited = sum(row.reviewed for row in past), sum(row.audited for row in past)
    caption = (
        f"Of {total:,} predictions since {past[0].at:%-d %B}, {percent(1 - reviewed / total)} were accepted; "
        f"{percent(audited / total, 1)} were audited as well, {percent(reviewed / total)} reviewed."
    )
    series = [
        ("Accepted", [1 - row.reviewed / row.routed for row in past]),
        ("Reviewed", [row.reviewed / row.routed for row in past]),
        ("Audited", [row.audited / row.routed for row in past]),
    ]
    panel = Panel(
        "Share of the predictions",
        [Line(name, list(zip(at, shares, strict=True))) for name, shares in series],
        percent,
        0,
        1,
    )

    def draw(width: float) -> SafeString:
        return lines(
            [panel],
            width=width,
            title="Shares accepted, reviewed and audited over time",
            description=caption,
            start=at[0],
            end=at[-1],
        )

    return Chart(both_widths(draw), caption)
