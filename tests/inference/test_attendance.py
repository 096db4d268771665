"""Cameras that fall silent while others send, or send one picture over and over."""

from datetime import UTC, datetime, timedelta

import pytest

from inference.domain.attendance import frozen, silent

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def arrivals(*kinds, every=timedelta(seconds=10)):
    """As many arrivals, the last of them at noon."""
    return list(kinds), [NOON - every * (len(kinds) - 1 - place) for place in range(len(kinds))]


def test_a_camera_is_silent_by_what_the_others_sent_meanwhile():
    sources, times = arrivals(*[1, 2] * 50, *[2] * 70)
    (found,) = silent(sources, times, NOON)
    assert (found.source, found.others, found.last_at) == (1, 71, times[98])
    assert found.missed == pytest.approx(71 * 50 / 49)
    assert silent(*arrivals(*[1, 2] * 50, *[2] * 28, every=timedelta(minutes=1)), NOON) == []
    # Half a day later nothing else has come either: the shop is closed.
    assert silent(*arrivals(*[1, 2] * 50), NOON + timedelta(hours=12)) == []


def test_a_rare_camera_may_take_its_time_and_an_unknown_one_is_not_missed():
    assert silent(*arrivals(*([1] + [2] * 49) * 30, *[2] * 1000), NOON) == []
    assert silent(*arrivals(*[1, 2] * 29, *[2] * 500), NOON) == []


def test_within_ten_minutes_nobody_is_silent():
    sources, times = arrivals(*[1, 2] * 50, *[2] * 70, every=timedelta(seconds=8))
    assert silent(sources, times, NOON) == []


def test_a_camera_alone_is_never_silent_by_others():
    assert silent(*arrivals(*[1] * 100), NOON + timedelta(hours=1)) == []


def test_a_camera_is_frozen_by_its_newest_pictures_in_a_row():
    assert frozen([1, 2] * 10, ["a", *"bcdefghijk"[:1]] * 10) == {1: 10, 2: 10}
    assert frozen([1] * 11, [*"a" * 10, "b"]) == {}
    assert frozen([1] * 11, ["b", *"a" * 10]) == {1: 10}
    assert frozen([1] * 9, "a" * 9) == {}
