"""Charts: what they draw, that they can be read without colour, and that nothing in them can do harm."""

from datetime import UTC, datetime
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.views.charts import BOTH_WIDTHS, Line, Mark, Panel, bars, both_widths, lines
from labeling.views.charts.scales import Scale, rounded_up, spread, ticks, time_ticks, time_words

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


def draw(panels, width=1040, marks=(), **fields):
    given = {"title": "T", "description": "D", "start": NOON, "end": NOON + 3600} | fields
    return ElementTree.fromstring(lines(panels, width=width, marks=marks, **given))


def words(svg):
    return [element.text for element in svg.iter("text")]


def of_class(svg, name):
    return [element for element in svg.iter() if name in element.get("class", "").split()]


def share(value):
    return f"{value:.0%}"


def rising(name="Confidence", count=5, **fields):
    return Line(name, [(NOON + 600 * n, 0.5 + n / 10) for n in range(count)], **fields)


def test_a_line_is_named_where_it_ends_with_its_last_value():
    svg = draw([Panel("How sure", [rising()], share, 0, 1)])
    assert "Confidence 90%" in words(svg)
    assert "How sure" in words(svg)
    assert len(of_class(svg, "line")) == 1


def test_it_says_what_it_is_to_a_screen_reader():
    svg = draw([Panel("How sure", [rising()], share, 0, 1)], title="Sureness", description="It rose.")
    named = svg.get("aria-labelledby").split()
    texts = {element.get("id"): element.text for element in svg}
    assert svg.get("role") == "img"
    assert [texts[name] for name in named] == ["Sureness", "It rose."]


def test_two_drawings_on_a_page_share_no_id():
    drawn = both_widths(lambda width: bars([1], names=["a"], width=width, title="T", description="D"))
    ids = [
        element.get("id") for element in ElementTree.fromstring(f"<p>{drawn}</p>").iter() if element.get("id")
    ]
    assert len(ids) == len(set(ids)) == 4


def test_a_gap_breaks_the_line_and_a_lone_point_shows_as_a_dot():
    values = [0.1, 0.2, None, 0.4, None, 0.6, 0.7]
    line = Line("A", [(NOON + 60 * n, value) for n, value in enumerate(values)])
    svg = draw([Panel("P", [line], share, 0, 1)])
    assert len(of_class(svg, "line")) == 2
    assert len(of_class(svg, "point")) == 1


def test_lines_are_told_apart_without_colour():
    svg = draw([Panel("P", [rising("A"), rising("B", dots=True)], share, 0, 1)])
    assert len(of_class(svg, "point")) == 5
    assert {"A 90%", "B 90%"} <= set(words(svg))


def test_labels_of_lines_that_end_together_do_not_overlap():
    svg = draw([Panel("P", [rising("A"), rising("B"), rising("C")], share, 0, 1)])
    heights = sorted(float(label.get("y")) for label in of_class(svg, "series-label"))
    assert all(b - a >= 15 for a, b in pairwise(heights))


@pytest.mark.parametrize("width", BOTH_WIDTHS)
def test_words_of_marks_stay_inside_and_apart(width):
    marks = [Mark(NOON + 300 * n, f"something happened {n}", "shift") for n in range(12)]
    svg = draw([Panel("P", [rising()], share, 0, 1)], width=width, marks=marks)
    placed = []
    for text in of_class(svg, "annotation"):
        x, wide = float(text.get("x")), 7.4 * len(text.text)
        first = x - wide if text.get("text-anchor") == "end" else x
        placed.append((float(text.get("y")), first, first + wide))
    assert len(placed) == 12
    assert all(first > 0 and last <= width for _, first, last in placed)
    for row in {y for y, _, _ in placed}:
        ends = sorted((first, last) for y, first, last in placed if y == row)
        assert all(a[1] < b[0] for a, b in pairwise(ends))


def test_it_escapes_what_came_from_outside():
    hostile = "<script>alert(1)</script>"
    drawn = lines(
        [Panel("P", [rising()], share, 0, 1)],
        width=1040,
        title=hostile,
        description=hostile,
        start=NOON,
        end=NOON + 3600,
        marks=[Mark(NOON + 60, hostile)],
    )
    assert "<script" not in drawn


def test_it_needs_no_inline_style():
    drawn = str(draw([Panel("P", [rising()], share, 0, 1)], marks=[Mark(NOON, "x")]).attrib)
    svg = draw([Panel("P", [rising(dots=True)], share, 0, 1)], marks=[Mark(NOON, "x")])
    assert "style" not in drawn
    assert all(element.get("style") is None for element in svg.iter())


@pytest.mark.parametrize("values", [[], [None, None], [0.5], [0.5, 0.5]])
def test_it_draws_what_there_is_of_few_values(values):
    line = Line("A", [(float(n), value) for n, value in enumerate(values)])
    svg = draw([Panel("Loss", [line])], start=0, end=0, time=False)
    assert "Loss" in words(svg)


def test_bars_are_as_high_as_their_counts():
    svg = ElementTree.fromstring(bars([0, 2, 4], names="abc", width=340, title="T", description="D"))
    heights = [float(bar.get("height")) for bar in of_class(svg, "bar")]
    assert len(heights) == 2
    assert heights[1] == pytest.approx(2 * heights[0])


def test_bars_of_nothing_are_an_empty_axis():
    svg = ElementTree.fromstring(bars([], names=[], width=340, title="T", description="D"))
    assert of_class(svg, "bar") == []


def test_ticks_are_round():
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(0, 7, 4) == [0, 2, 4, 6]
    assert ticks(3, 3) == [3]
    assert rounded_up(7, 4) == 8
    assert rounded_up(1, 3) == 1


@given(st.floats(0, 1e6), st.floats(1e-3, 1e6), st.integers(3, 12))
def test_ticks_lie_inside_and_are_not_too_many(low, length, most):
    found = ticks(low, low + length, most)
    assert len(found) <= most + 1
    assert all(low - 1e-6 * length <= tick <= low + length * (1 + 1e-6) for tick in found)
    assert len(ticks(0, length, most)) >= 2


@given(st.floats(1, 6e7), st.integers(2, 10))
def test_time_ticks_are_few_whatever_the_length(length, most):
    assert len(time_ticks(NOON, NOON + length, most)) <= most + 1


def test_times_are_written_as_a_reader_would():
    assert time_words(NOON, 3600) == "12:00"
    assert time_words(NOON, 7 * 86400) == "1 Mar"
    assert time_words(NOON + 5, 60) == "12:00:05"
    assert time_ticks(NOON + 1, NOON + 3600, 4) == [NOON + 900 * n for n in (1, 2, 3, 4)]


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_spread_keeps_order_and_distance(places):
    moved = spread(places, 16, 0, 200)
    assert sorted(range(len(places)), key=lambda i: places[i]) == sorted(
        range(len(moved)), key=lambda i: moved[i]
    )
    ordered = sorted(moved)
    assert all(b - a >= 16 - 1e-9 for a, b in pairwise(ordered))
    assert ordered[-1] <= 200


def test_a_scale_without_length_puts_everything_in_the_middle():
    assert Scale(3, 3, 0, 10)(3) == 5
