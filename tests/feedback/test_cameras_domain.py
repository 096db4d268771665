"""What one picture says of a camera, what several looks make of that, and when nothing is to be made of it."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from feedback.domain.camera_faults import ENOUGH, PICTURE, Usual
from feedback.domain.camera_learning import AN_HOUR, VIEW, Learnt, judge
from feedback.domain.camera_states import LOOKS, Held, follow, said, state_of
from feedback.domain.camera_times import QuietHours, expected, is_overdue, is_slow, skew
from feedback.domain.camera_view import from_bytes, to_bytes
from feedback.enums import CameraFault, CameraState
from feedback.services.camera_looking import measure_picture
from tests.feedback.scenes import DONE, JPEG, NOON, SIZE, learnt, shelf

faults = st.sampled_from(sorted(PICTURE))


def found(picture, hour=12, encoding=JPEG):
    return [str(each.fault) for each in judge(learnt(), measure_picture(picture), encoding, hour)[1]]


def test_nothing_is_wrong_while_goods_and_light_change():
    assert learnt().view is not None
    assert [found(shelf(seed)) for seed in range(100, 130)] == [[]] * 30


@pytest.mark.parametrize(
    ("done", "faults"),
    [
        ("black", {"black"}),
        ("dark", {"dark"}),
        ("bright", {"bright"}),
        ("blurred", {"blurred"}),
        ("cast", {"cast"}),
        ("covered", {"covered"}),
        ("half covered", {"covered"}),
        ("moved", {"moved"}),
        ("turned", {"moved"}),
    ],
)
def test_each_fault_is_found_in_every_picture(done, faults):
    for seed in range(100, 108):
        assert faults <= set(found(DONE[done](shelf(seed))))


def test_a_passer_by_before_a_third_of_the_picture_hides_nothing():
    picture = shelf(100)
    picture.paste((90, 80, 120), (120, 30, 210, 240))
    assert found(picture) == []


def test_another_size_or_format_is_said():
    (finding,) = judge(learnt(), measure_picture(shelf(100)), "320×240 PNG", 12)[1]
    assert (finding.fault, finding.words) == (
        "format",
        "sends 320×240 PNG now, and sent 320×240 JPEG before.",
    )


def test_at_an_hour_that_is_not_known_yet_only_black_is_a_fault():
    assert found(DONE["blurred"](shelf(100)), hour=2) == []
    assert found(DONE["black"](shelf(100)), hour=2) == ["black"]


def test_a_camera_that_was_always_black_is_not_called_so():
    known = Learnt()
    for seed in range(ENOUGH):
        measured = measure_picture(Image.new("RGB", SIZE, (seed % 3, 2, 2)))
        known = known.absorb(measured, None, JPEG, 12)
    assert judge(known, measured, JPEG, 12)[1] == []


def test_pictures_of_another_thing_each_make_no_view():
    known = Learnt()
    for seed in range(VIEW):
        turned = shelf(seed).rotate(seed * 37).resize(SIZE)
        known = known.absorb(measure_picture(turned), None, JPEG, 12)
    assert known.view is None
    assert "moved" not in {str(each.fault) for each in judge(known, measure_picture(shelf(1)), JPEG, 12)[1]}


def test_what_is_known_survives_being_kept():
    known = learnt()
    again = Learnt.from_kept(known.to_json(), known.field_bytes())
    assert again.by_hour == known.by_hour
    assert abs(again.total - known.total).max() < 0.01
    assert abs(from_bytes(to_bytes(known.total, 256), 256) - known.total).max() < 0.01
    assert Learnt.from_kept({}, b"").looks == 0


def test_an_hour_keeps_so_many_looks_and_they_go_on_counting_for_their_neighbours():
    assert learnt().looks == AN_HOUR
    assert Usual.at(13, learnt().by_hour, None).is_known
    assert not Usual.at(15, learnt().by_hour, None).is_known


@given(st.lists(st.booleans(), max_size=40))
def test_a_fault_stands_by_four_of_five_looks_and_goes_when_all_but_one_are_well(seen):
    held = Held()
    for place in range(len(seen)):
        before, held = held, held.after(seen[place])
        last = seen[max(0, place - LOOKS + 1) : place + 1]
        if held.stands and not before.stands:
            assert sum(last) >= 4
        if before.stands and not held.stands:
            assert sum(last) <= 1
    assert Held.from_json(held.to_json()) == held


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 1))
def test_looks_that_take_turns_change_nothing(seen, first):
    held = Held()
    for each in seen:
        held = held.after(each)
    turns = [held := held.after(bool((place + first) % 2)) for place in range(20)]
    # Five of them in turns hold two or three of each: neither enough to raise nor to clear.
    assert len({each.stands for each in turns[LOOKS:]}) == 1


@given(st.dictionaries(faults, st.booleans()), st.sets(faults), st.sets(faults))
def test_what_a_look_could_not_tell_of_stays_as_it_was(standing, seen, judged):
    held = {fault: Held((True,) * LOOKS, stands) for fault, stands in standing.items()}
    after = follow(held, seen & judged, judged)
    assert all(after[fault] == held[fault] for fault in held if fault not in judged)
    assert {*after} <= {*held, *(seen & judged)}


@given(st.sets(st.sampled_from(sorted(CameraFault))))
def test_the_state_is_that_of_the_worst_fault(standing):
    state = state_of(standing)
    assert (state == CameraState.OK) == (not standing)
    worthless = {"silent", "frozen", "black", "covered", "moved"}
    assert (state == CameraState.DOWN) == bool(worthless & standing)
    assert said(standing) <= standing
    assert bool(said(standing)) == bool(standing)


def test_quiet_hours_reach_past_midnight_and_over_whole_days():
    nights = QuietHours(time(22), time(6, 30), frozenset({6}))
    said_quiet = {
        hour: nights.has(datetime(2026, 6, 1, *divmod(int(hour * 60), 60)))
        for hour in (0, 6.25, 6.5, 12, 21.98, 22, 23.5)
    }
    assert said_quiet == {0: True, 6.25: True, 6.5: False, 12: False, 21.98: False, 22: True, 23.5: True}
    assert nights.has(datetime(2026, 6, 7, 12))
    assert QuietHours(time(12), time(14)).has(datetime(2026, 6, 1, 13))
    assert not QuietHours().has(datetime(2026, 6, 1, 3))
    assert not QuietHours(time(3), time(3)).has(datetime(2026, 6, 1, 3))


def test_what_is_expected_is_the_median_of_the_days_on_which_anything_came():
    assert expected([100, 0, 0, 120, 90]) == 100
    assert expected([100, 100, 0, 0]) is None
    assert [is_slow(count, 100) for count in (0, 1, 29, 30, 100)] == [False, True, True, False, False]
    assert not is_slow(1, 20)
    assert not is_slow(1, None)
    assert [is_overdue(NOON - timedelta(minutes=m), NOON, 120) for m in (9, 14, 15)] == [False, False, True]
    assert not is_overdue(NOON - timedelta(days=9), NOON, None)


def test_a_clock_is_wrong_by_as_much_each_time_and_what_comes_late_is_not():
    received = [NOON + timedelta(minutes=n) for n in range(10)]

    def behind(*minutes):
        pairs = zip(received, minutes * 10, strict=False)
        return skew(received, [at - timedelta(minutes=each) for at, each in pairs])

    assert behind(60) == 3600
    assert behind(-60) == -3600
    assert behind(0) is None
    assert behind(4) is None
    assert behind(70, 60, 50, 40, 30) is None
    assert skew(received[:4], [at - timedelta(hours=1) for at in received[:4]]) is None
