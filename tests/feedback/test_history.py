"""The story of a project over time: its bins add up, and what happened is found and named."""

from datetime import UTC, datetime, timedelta

import pytest

from feedback.queries.history import BIN_SECONDS, BINS, Happening, History, condition_shifts, history
from feedback.views.charts import curve_chart, history_caption, history_chart, minutes_chart
from tests.feedback import story

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def minutes(n):
    return NOON + timedelta(minutes=n)


def rows(*spells, source=1):
    """(source, bin, condition, captures, first seen) of spells (condition, captures), a bin of a minute each."""
    return [(source, n, condition, count, minutes(n)) for n, (condition, count) in enumerate(spells)]


def test_a_condition_that_lasts_is_no_happening():
    assert condition_shifts(rows(("morning", 4), ("morning", 3)), timedelta(minutes=2)) == []


def test_a_shift_is_marked_when_it_was_first_seen():
    assert condition_shifts(rows(("morning", 4), ("late_glare", 3)), timedelta(minutes=2)) == [
        Happening(minutes(1), "late glare", "shift")
    ]


def test_a_few_strays_do_not_make_a_shift():
    mixed = [*rows(("morning", 9), ("morning", 8)), (1, 1, "glare", 2, minutes(1))]
    assert condition_shifts(mixed, timedelta(minutes=2)) == []


def test_cameras_that_shift_together_make_one_happening():
    both = rows(("morning", 4), ("glare", 3)) + rows(("morning", 4), ("morning", 4), ("glare", 2), source=2)
    assert [shift.words for shift in condition_shifts(both, timedelta(minutes=2))] == ["glare"]
    assert len(condition_shifts(both, timedelta(seconds=10))) == 2


@pytest.mark.django_db
def test_the_story_is_found_in_the_database(shop):
    story.tell(shop)
    past = history(shop.project, "day")
    assert sum(b.captures for b in past.bins) == 202
    assert sum(b.predicted for b in past.bins) == 200
    assert sum(b.reviewed for b in past.bins) == shop.project.tasks.filter(queue__name="review").count()
    assert sum(b.checked for b in past.bins) == shop.project.resolutions.count()
    assert [event.words for event in past.happenings] == [
        "model 1 serves",
        "afternoon glare",
        "model 2 serves",
    ]
    assert past.bin_seconds in BIN_SECONDS
    assert len(past.bins) <= BINS + 1
    assert all(0 <= b.confidence <= 1 for b in past.bins if b.predicted)
    assert [b.at for b in past.bins] == sorted(b.at for b in past.bins)


@pytest.mark.django_db
def test_imported_truth_is_no_check_of_the_model(shop):
    story.tell(shop)
    shop.project.resolutions.update(by="imported")
    past = history(shop.project, "day")
    assert sum(b.checked for b in past.bins) == 0
    assert all(b.accuracy is None for b in past.bins)


@pytest.mark.django_db
def test_a_project_without_captures_has_no_history(shop):
    past = history(shop.project, "hour")
    assert (past.bins, past.happenings) == ([], [])
    with pytest.raises(KeyError):
        history(shop.project, "eternity")


def test_a_quiet_time_says_so():
    past = History(NOON, minutes(60), 60, [], [], False)
    assert history_caption(past) == ("Nothing was predicted in this time.", "")
    assert "Nothing was predicted" in history_chart(past).svg


def test_minutes_without_captures_say_so():
    empty = minutes_chart([(minutes(n), 0) for n in range(60)])
    assert empty.caption == "No captures in the last hour."
    busy = minutes_chart([(minutes(n), n % 7) for n in range(60)])
    assert busy.caption == "174 captures in the last hour; 6 in the busiest minute."


def test_a_curve_without_validation_images_is_drawn_all_the_same():
    curve = [{**row, "val_loss": None, "val_accuracy": None} for row in story.curve(4)]
    chart = curve_chart(curve)
    assert chart.caption == "100 steps so far."
    assert "Training" in chart.svg
    assert curve_chart(story.curve(1)).caption.startswith("25 steps so far; best on validation images")
