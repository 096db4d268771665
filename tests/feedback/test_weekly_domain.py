"""What a week is, and which three things come first: no database."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from feedback.domain.pipeline import Gap, Stage
from feedback.domain.weekly import Week, commonest_zone, week_at
from feedback.domain.weekly_actions import Facts, Level, Slice, Standing, three_things
from feedback.queries.weekly import Budget

STOCKHOLM = ZoneInfo("Europe/Stockholm")
DRIFT = Standing("drift", "See.", "Aisle 1 is darker than it was.", "drift", is_critical=False, touches=0.2)
BROKEN = Standing("error_budget", "Find out.", "Trust was taken back.", "overview", is_critical=True)
GAPS = tuple(Gap(key, Stage.LABELING, "", "", key, "gold") for key in "abcd")


def test_a_week_begins_at_midnight_on_monday_where_the_project_is():
    week = week_at(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), STOCKHOLM)
    assert week.monday == date(2026, 11, 23)
    assert week.start == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert week_at(week.end - timedelta(seconds=1), STOCKHOLM) == week
    assert week_at(week.end, STOCKHOLM) == week.after
    assert week.after.before == week


def test_the_week_in_which_clocks_go_back_is_an_hour_longer():
    week = Week(date(2026, 10, 19), STOCKHOLM)
    assert week.end.astimezone(UTC) - week.start.astimezone(UTC) == timedelta(hours=169)


def test_no_week_begins_on_a_tuesday():
    with pytest.raises(ValueError, match="Monday"):
        Week(date(2026, 11, 24), STOCKHOLM)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2026, 11, 23, 5, 59, tzinfo=STOCKHOLM), False),
        (datetime(2026, 11, 23, 6, 0, tzinfo=STOCKHOLM), True),
        (datetime(2026, 11, 25, 5, 59, tzinfo=STOCKHOLM), True),
        (datetime(2026, 11, 25, 6, 0, tzinfo=STOCKHOLM), False),
    ],
)
def test_a_letter_goes_on_monday_morning_or_after_an_outage_until_wednesday(at, due):
    assert Week(date(2026, 11, 16), STOCKHOLM).letter_is_due(at) == due


def test_a_project_is_where_most_of_its_sites_are():
    zones = ["Asia/Tokyo", "Europe/Stockholm", "Europe/Stockholm"]
    assert commonest_zone(zones, "UTC") == STOCKHOLM
    assert commonest_zone(zones[:2], "UTC") == ZoneInfo("Asia/Tokyo")
    assert commonest_zone([], "UTC") == ZoneInfo("UTC")


def test_what_lets_errors_out_comes_before_what_costs_people_time_and_that_before_what_could_be_better():
    facts = Facts(
        alarms=(DRIFT, BROKEN),
        accuracy=0.9,
        slices=(Slice("aisle-2", "Aisle 2", 0.7, 0.6, 0.8, 0.4),),
        gaps=GAPS,
    )
    found = three_things(facts)
    assert [action.level for action in found] == [
        Level.ERRORS_GO_OUT,
        Level.PEOPLE_WORK_AT_A_LOSS,
        Level.COULD_BE_BETTER,
    ]
    assert [action.page for action in found] == ["overview", "drift", "new-round"]
    assert found[2].query == {"source": "aisle-2"}


def test_of_one_level_what_touches_most_comes_first_and_the_order_given_means_nothing():
    other = Standing("drift", "See.", "Aisle 9 is darker.", "drift", is_critical=False, touches=0.9)
    for alarms in ((DRIFT, other), (other, DRIFT)):
        assert [action.why for action in three_things(Facts(alarms=alarms))] == [other.words, DRIFT.words]


def test_gaps_complete_the_list_in_the_order_of_the_pipeline():
    assert [action.words for action in three_things(Facts(alarms=(DRIFT,), gaps=GAPS))] == [
        DRIFT.do,
        "a.",
        "b.",
    ]
    assert three_things(Facts()) == []


@pytest.mark.parametrize(
    ("facts", "page"),
    [
        (Facts(budget=0.02), "routing"),
        (Facts(budget=0.02, bound=0.03), "routing"),
        (Facts(budget=0.02, bound=0.02), None),
        (Facts(budget=0.02, bound=0.03, alarms=(BROKEN,)), "overview"),
        (Facts(waiting=40, waiting_days=2.5), "quality"),
        (Facts(waiting=40, waiting_days=2.0), None),
        (Facts(distrusted=("Low",), labels=4), "agreement"),
        (Facts(accuracy=0.9, slices=(Slice("a", "A", 0.85, 0.8, 0.9, 1.0),)), None),
        (Facts(suspects=12, suspects_in="x", learnt=100), "label-errors"),
        (Facts(learnt=100, fresh=9), None),
        (Facts(learnt=100, fresh=10), "overview"),
        (Facts(fresh=1), "overview"),
    ],
)
def test_each_thing_is_asked_for_by_its_own_figure(facts, page):
    assert [action.page for action in three_things(facts)] == ([page] if page else [])


@pytest.mark.parametrize(
    ("budget", "bound", "was_broken", "verdict"),
    [
        (None, None, False, "by hand"),
        (0.02, None, False, "unproved"),
        (0.02, 0.021, False, "unproved"),
        (0.02, 0.02, False, "kept"),
        (0.02, 0.01, True, "broken"),
    ],
)
def test_a_budget_is_kept_only_where_that_is_proved(budget, bound, was_broken, verdict):
    held = SimpleNamespace(bound=bound)
    assert Budget(SimpleNamespace(error_budget=budget), held, was_broken).verdict == verdict
