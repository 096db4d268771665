"""The charts of the agreement page: what they say without colour, and what stands behind each cell."""

from xml.etree import ElementTree

import pytest

from labeling.domain.agreement.verdict import Standing, verdict
from labeling.views.charts.control import Moment, control
from labeling.views.charts.forest import Estimate, forest
from labeling.views.charts.heat import HeatCell, heat_table

WEEK = 7 * 86400
ROWS = [
    Estimate("full", 0.91, 0.88, 0.94, note="320 answers"),
    Estimate("low", -0.05, -0.2, 0.1, note="12 answers"),
    Estimate("<odd>", None, note="0 answers", reason="not used"),
]


def drawn(svg):
    return ElementTree.fromstring(svg)


def words(svg):
    return [element.text for element in svg.iter("text")]


def of_class(svg, name):
    return [element for element in svg.iter() if name in element.get("class", "").split()]


@pytest.mark.parametrize("width", [1040, 340])
def test_a_forest_says_every_value_with_its_interval_and_count(width):
    svg = drawn(forest(ROWS, width=width, title="T", description="D", floor=0.667))
    said = words(svg)
    assert {"full", "low", "<odd>", "floor 0.667"} <= set(said)
    assert "0.91 (0.88 to 0.94) · 320 answers" in said
    assert "−0.05 (−0.20 to 0.10) · 12 answers" in said
    assert "not used · 0 answers" in said
    assert len(of_class(svg, "point")) == 2
    points = [float(point.get("cx")) for point in of_class(svg, "point")]
    assert points[0] > points[1]
    edges = [float(e.get(name)) for e in svg.iter("line") for name in ("x1", "x2")]
    assert all(0 <= edge <= width for edge in edges)


def test_a_forest_of_nothing_is_still_a_drawing():
    assert drawn(forest([], width=1040, title="T", description="D")).get("role") == "img"


def test_a_heat_table_links_each_cell_and_lets_no_name_do_harm():
    cells = [[HeatCell("12", 1, "?a=x&b=y", "x against <y>"), None], [HeatCell("3", 0.2), HeatCell("9")]]
    table = drawn(heat_table(["<b>", "c"], ["x", "y"], cells, caption="A & B", corner="first \\ second"))
    (link,) = table.iter("a")
    assert (link.get("href"), link.get("aria-label"), link.text) == ("?a=x&b=y", "x against <y>", "12")
    assert [th.text for th in table.iter("th") if th.get("scope") == "row"] == ["<b>", "c"]
    assert table.find("caption").text == "A & B"
    assert [td.get("class") for td in table.iter("td")][1:] == ["heat-9", "none", "heat-2", "heat-0"]
    with pytest.raises(ValueError, match="has 1 cells for 2"):
        heat_table(["a"], ["x", "y"], [[None]], caption="", corner="")


def test_a_control_chart_shows_by_shape_what_lies_outside():
    moments = [Moment(WEEK * n, value, 0.6, 0.8) for n, value in enumerate([0.7, 0.72, None, 0.4, 0.71])]
    svg = drawn(
        control(
            moments,
            width=1040,
            title="T",
            description="D",
            centre=0.7,
            change_at=WEEK * 3,
            marks=[(WEEK * 2, "guideline v2")],
        )
    )
    assert len(of_class(svg, "outside")) == 1
    assert len(of_class(svg, "point")) == 3
    assert len(of_class(svg, "line")) == 2
    assert {"guideline v2", "change"} <= set(words(svg))


def test_one_moment_or_none_is_drawn_too():
    for moments in ([], [Moment(WEEK, 0.5)]):
        assert drawn(control(moments, width=340, title="T", description="D")).get("role") == "img"


def test_a_label_is_trusted_where_its_whole_interval_reaches_the_floor():
    labels = {
        "full": {"alpha": 0.9, "ci": [0.85, 0.95], "support": 90},
        "low": {"alpha": 0.4, "ci": [0.3, 0.5], "support": 50},
        "empty": {"alpha": 0.66, "ci": [0.6, 0.7], "support": 40},
        "odd": {"alpha": None, "ci": None, "support": 0},
        "rare": {"alpha": None, "ci": None, "support": 1},
    }
    found = verdict({"value": 0.7, "ci": [0.667, 0.75]}, labels, 0.667)
    assert found.overall == Standing.TRUSTED
    assert found.labels == {
        Standing.TRUSTED: ("full",),
        Standing.DISTRUSTED: ("low",),
        Standing.UNSURE: ("empty",),
        Standing.UNKNOWN: ("rare",),
    }
