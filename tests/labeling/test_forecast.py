"""When work will be done, from the pace of those who are at it."""

import pytest

from labeling.domain.forecast import Pace, forecast


def test_nobody_at_work_or_too_few_answers_is_no_pace():
    assert forecast(100, []) is None
    assert forecast(100, [Pace(0, 600)]) is None
    assert forecast(100, [Pace(2, 600), Pace(2, 600)]) is None


def test_paces_of_people_add_up():
    found = forecast(300, [Pace(60, 3600), Pace(30, 900), Pace(0, 3600)])
    assert (found.people, found.per_hour) == (2, pytest.approx(180))
    assert found.seconds == pytest.approx(6000)
    assert found.soonest < found.seconds < found.latest


def test_two_quick_answers_are_measured_over_a_minute():
    assert forecast(10, [Pace(6, 1)]).per_hour == pytest.approx(360)


def test_more_answers_narrow_the_interval_and_it_never_is_endless():
    few, many = forecast(100, [Pace(5, 600)]), forecast(100, [Pace(500, 60000)])
    assert few.seconds == pytest.approx(many.seconds)
    assert few.latest - few.soonest > many.latest - many.soonest
    assert few.latest < 100 * few.seconds
    assert forecast(0, [Pace(50, 600)]).latest == 0
