"""How figures are written: never more certain than they are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.templatetags import figures


@pytest.mark.parametrize(
    ("share", "written"),
    [(None, "–"), ("", "–"), (0, "0%"), (0.001, "<1%"), (0.5, "50%"), (0.9999, "99%"), (1, "100%")],
)
def test_percent(share, written):
    assert figures.percent(share) == written


def test_percent_with_decimals():
    assert figures.percent(0.8764, 1) == "87.6%"
    assert figures.percent(0.99999, 1) == "99.9%"
    assert figures.percent(0.00001, 1) == "<0.1%"


def test_a_setting_is_written_as_it_was_set():
    assert [figures.setting(share) for share in (0.8, 0.025, 1, 0)] == ["80%", "2.5%", "100%", "0%"]


def test_a_range():
    assert figures.percent_range((0.841, 0.9)) == "84–90%"
    assert figures.percent_range(None) == "–"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (None, "–"),
        (0, "0.0 s"),
        (2.44, "2.4 s"),
        (9.97, "10 s"),
        (59.7, "1 min"),
        (725, "12 min"),
        (3600, "1 h"),
        (11_100, "3 h 5 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_duration(seconds, written):
    assert figures.duration(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "just now"), (-3, "in a moment"), (61, "1 min ago"), (-7300, "in 2 h"), (86_400 * 3 + 5, "3 d ago")],
)
def test_ago(seconds, words):
    moment = timezone.now() - timedelta(seconds=seconds)
    drawn = figures.ago(moment)
    assert f">{words}</time>" in drawn
    assert f'datetime="{moment.isoformat()}"' in drawn


def test_ago_of_nothing():
    assert figures.ago(None) == "–"


def test_a_bar_is_as_wide_as_its_share_and_escapes_its_colour():
    assert 'width="43.0%"' in figures.bar(0.43)
    assert 'width="100.0%"' in figures.bar(1.7)
    assert '"><script>' not in figures.bar(0.5, '"><script>')


def test_signed():
    assert [figures.signed(change) for change in (12, -3)] == ["+12", "−3"]
