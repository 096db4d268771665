"""What a report adds to the coefficients: parts of the images, weeks, versions, the model, one more answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.domain.agreement import Answers, krippendorff, patterns
from labeling.domain.agreement.beside_model import beside
from labeling.domain.agreement.distances import Weights, weighted
from labeling.domain.agreement.patterns import Patterns
from labeling.domain.agreement.settling import chance_to_settle, next_answer, settled
from labeling.domain.agreement.slices import holm, ranked
from labeling.domain.agreement.tally import combined, loaded, medians, occurrences, summed, tally
from labeling.domain.agreement.versions import compared
from labeling.domain.agreement.votes import Votes, standing
from labeling.domain.agreement.weeks import over_time, week_of

LABELS = ("a", "b", "c")


def votes_of(rows):
    """Rows (item, person, label, and by choice version, setting, week, tenths)."""
    table = np.array([(*row, *(1, 0, 0, 20)[len(row) - 3 :]) for row in sorted(rows)], dtype=np.int64)
    table = table.reshape(-1, 7)
    items, item = np.unique(table[:, 0], return_inverse=True)
    return Votes(
        images=np.array([list(int(number).to_bytes(16, "big")) for number in items], dtype=np.uint8).reshape(
            -1, 16
        ),
        item=item,
        person=table[:, 1],
        label=table[:, 2],
        guideline=table[:, 3],
        setting=table[:, 4],
        week=table[:, 5],
        tenths=table[:, 6],
        blind=np.ones(len(table), dtype=bool),
        number=np.arange(len(table)),
    )


def crowd(images, wrong, *, seed=0, people=3, first=0, **columns):
    """Rows of people who err at the rate `wrong`, independently."""
    chance = np.random.default_rng(seed)
    extra = tuple(
        columns.get(name, default) for name, default in (("version", 1), ("setting", 0), ("week", 0))
    )
    return [
        (first + image, person, int(chance.integers(3)) if chance.random() < wrong else image % 3, *extra, 20)
        for image in range(images)
        for person in range(people)
    ]


VOTES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(-2, 2), st.integers(0, 2), st.integers(0, 2)),
    max_size=20,
    unique_by=lambda row: row[:2],
)


@given(before=VOTES, after=VOTES)
def test_images_taken_out_and_put_in_leave_what_counting_anew_would(before, after):
    old, new = tally(votes_of(before), 3), tally(votes_of(after), 3)
    found = combined((old, 1), (old, -1), (new, 1))
    again = loaded(found.dumped())
    for name, cells in new.cells.items():
        assert cells.count.sum() == found.cells[name].count.sum()
        np.testing.assert_array_equal(again.cells[name].at, found.cells[name].at)
    np.testing.assert_array_equal(found.counted().counts, new.counted().counts)
    np.testing.assert_array_equal(found.counted().times, new.counted().times)


@given(rows=VOTES)
def test_the_patterns_of_a_tally_are_those_of_the_answers(rows):
    votes = votes_of([row for row in rows if row[2] >= 0])
    answers = Answers(range(len(votes.images)), range(4), LABELS, votes.item, votes.person, votes.label)
    expected = patterns(answers)
    found = tally(votes, 3).counted()
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_array_equal(found.times, expected.times)


def test_of_several_votes_of_a_person_on_an_image_the_latest_counts():
    votes = votes_of([(1, 1, 0), (1, 2, 1), (2, 1, 2)])
    again = Votes(**{**vars(votes), "person": np.array([1, 1, 1]), "number": np.array([1, 2, 3])})
    assert again.latest().label.tolist() == [1, 2]
    assert standing(np.array([1, 2, 3]), np.array([2])).tolist() == [True, False, True]


def test_medians_are_those_of_the_seconds():
    chance = np.random.default_rng(0)
    rows = [
        (image, person, 0, 1, 0, 0, int(chance.integers(1, 400))) for image in range(50) for person in (7, 9)
    ]
    expected = [np.median([row[6] for row in rows if row[1] == person]) / 10 for person in (7, 9)]
    assert medians(tally(votes_of(rows), 3)).tolist() == pytest.approx(expected)


def test_holm_is_as_printed():
    # Holm 1979, section 3: at 0.05 the first two of these are rejected, the others are not.
    assert holm([0.01, 0.02, 0.04, 0.03]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([]) == []


def part_of(rows, attributes):
    counted = tally(votes_of(rows), 3)
    return ranked(counted.counted(), counted.cells["settings"], attributes)


def test_a_worse_part_is_named_and_nothing_where_all_are_alike():
    rows = crowd(200, 0.1, setting=0) + crowd(60, 0.8, setting=1, first=1000, seed=1)
    found = part_of(rows, [{"light": "day"}, {"light": "night"}])
    assert [part["by"] for part in found["list"]] == [{"light": "night"}, {"light": "day"}]
    assert [part["certain"] for part in found["list"]] == [True, False]
    worst = found["list"][0]
    assert worst["ci"][0] < worst["difference"] < worst["ci"][1] < 0
    alike = crowd(200, 0.2, setting=0) + crowd(200, 0.2, setting=1, first=1000, seed=1)
    assert not any(part["certain"] for part in part_of(alike, [{"light": "day"}, {"light": "night"}])["list"])


def test_a_pair_that_is_no_other_part_than_one_of_its_keys_is_left_out():
    rows = crowd(60, 0.1, setting=0) + crowd(60, 0.3, setting=1, first=1000)
    found = part_of(rows, [{"camera": "x", "site": "north"}, {"camera": "y", "site": "south"}])
    assert {len(part["by"]) for part in found["list"]} == {1}


def test_standard_errors_of_many_samples_are_those_of_each():
    counted = tally(votes_of(crowd(100, 0.3)), 3).counted()
    distances = weighted(Weights.IDENTITY, 3)
    times = np.stack((counted.times, np.floor(counted.times / 2), np.zeros(len(counted.times))))
    found = krippendorff.standard_errors(counted, times, distances)
    for row, error in zip(times, found, strict=True):
        alone = krippendorff.standard_error(Patterns(counted.counts, row, counted.of_item), distances)
        assert error == pytest.approx(alone, nan_ok=True)
    assert np.isnan(found[2])


def weeks(rows):
    counted = tally(votes_of(rows), 3)
    return over_time(counted.counted(), counted.cells["weeks"])


def test_the_week_of_a_change_is_found_and_none_where_there_is_none():
    steady = [row for week in range(8) for row in crowd(40, 0.2, week=week, first=1000 * week, seed=week)]
    assert weeks(steady)["change"] is None
    worse = [
        row
        for week in range(8)
        for row in crowd(40, 0.1 if week < 5 else 0.5, week=week, first=1000 * week, seed=week)
    ]
    found = weeks(worse)
    assert found["change"]["week"] == "1970-02-09"
    assert found["change"]["before"] > found["change"]["after"]
    assert [week["week"] for week in found["list"]][:2] == ["1970-01-05", "1970-01-12"]
    assert not any(week["outside"] for week in weeks(steady)["list"])


def test_weeks_begin_on_monday():
    from datetime import date

    assert week_of(date(1970, 1, 5)) == 0
    assert week_of(date(2026, 3, 1)) + 1 == week_of(date(2026, 3, 2))


def test_different_people_under_two_versions_are_named():
    rows = crowd(40, 0.1, version=1) + [
        (image, person + 1, *rest) for image, person, *rest in crowd(40, 0.1, version=2, first=500)
    ]
    counted = tally(votes_of(rows), 3)
    (change,) = compared(counted, LABELS, ["ann", "bob", "cid", "dan"])
    assert (change["same_people"], change["only_before"], change["only_after"]) == (False, ["ann"], ["dan"])
    assert change["all"]["changed"] is None
    assert compared(counted, LABELS, ["ann", "bob", "cid", "dan"], bootstrap=0)[0]["all"]["ci"] is None


def test_a_model_as_good_as_people_agrees_with_them_as_they_do():
    chance = np.random.default_rng(1)
    truth = chance.integers(3, size=400)
    said = np.where(chance.random((400, 4)) < 0.2, chance.integers(3, size=(400, 4)), truth[:, None])
    counts = np.stack([(said[:, :3] == label).sum(axis=1) for label in range(3)], axis=1)
    alike = beside(counts, said[:, 3])
    low, high = alike["difference"]["ci"]
    assert low < 0 < high
    assert alike["human_human"]["value"] == pytest.approx(alike["human_model"]["value"], abs=0.05)
    poor = beside(counts, chance.integers(3, size=400))
    assert poor["difference"]["ci"][1] < 0
    assert poor["human_human"]["value"] == pytest.approx(alike["human_human"]["value"])
    nothing = beside(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))
    assert nothing["human_human"]["reason"]


def test_among_people_the_figure_is_krippendorff_s():
    votes = votes_of(crowd(100, 0.4))
    counted = tally(votes, 3).counted()
    counts = np.repeat(counted.counts, counted.times.astype(int), axis=0)
    found = beside(counts, np.zeros(len(counts), dtype=np.int64), bootstrap=0)
    expected = krippendorff.alpha(counted, counted.times[None, :], weighted(Weights.IDENTITY, 3))[0]
    assert found["human_human"]["value"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("counts", "chance", "settles"),
    [
        ((1, 1, 0), (0.5, 0.3, 0.2), 0.8),
        ((1, 1, 1), (0.5, 0.3, 0.2), 0.0),
        ((2, 2, 1), (0.5, 0.3, 0.2), 0.0),
        ((2, 1, 1), (0.5, 0.3, 0.2), 0.5),
        ((2, 1, 0), (0.5, 0.3, 0.2), -0.5),
        ((3, 0, 0), (0.5, 0.3, 0.2), 0.0),
        ((3, 1, 0), (0.5, 0.3, 0.2), 0.0),
    ],
)
def test_one_more_answer_makes_or_unmakes_a_majority(counts, chance, settles):
    found = chance_to_settle(np.array([counts], dtype=float), np.array([chance]))
    assert found == pytest.approx([settles])


def test_the_share_that_one_more_answer_settles_comes_true():
    chance = np.random.default_rng(0)
    truth = chance.integers(3, size=20_000)
    said = np.where(chance.random((20_000, 3)) < 0.3, chance.integers(3, size=(20_000, 3)), truth[:, None])
    rows = [(image, person, int(said[image, person])) for image in range(20_000) for person in (0, 1)]
    counted = tally(votes_of(rows), 3).counted()
    alpha = krippendorff.alpha(counted, counted.times[None, :], weighted(Weights.IDENTITY, 3))[0]
    found = settled(counted, float(alpha), 10.0)
    apart = said[:, 0] != said[:, 1]
    came_true = (apart & ((said[:, 2] == said[:, 0]) | (said[:, 2] == said[:, 1]))).sum()
    assert found["without_majority"] == apart.sum()
    assert found["one_more"]["settled"] == pytest.approx(came_true, rel=0.1)
    assert found["hours_to_adjudicate"] == pytest.approx(apart.sum() * 10 / 3600)


@pytest.mark.parametrize("alpha", [None, -0.2, 0.0, 0.5, 1.0])
def test_the_next_answer_is_some_label(alpha):
    counted = tally(votes_of(crowd(30, 0.5)), 3).counted()
    assert next_answer(counted, alpha).sum(axis=1) == pytest.approx(1)


def test_cells_that_come_to_nothing_are_dropped():
    cells = summed(np.array([[1, -2], [0, 5], [1, -2]]), np.array([3, 1, -3]))
    assert cells.at.tolist() == [[0, 5]]
    assert cells.count.tolist() == [1]


@pytest.mark.parametrize("span", [3, 50_000, 2**40])
def test_combinations_are_counted_alike_however_far_apart_they_lie(span):
    columns = [np.random.default_rng(n).integers(-span, span, 500) // 3 for n in range(3)]
    columns = [np.concatenate((column, column[:40])) for column in columns]
    cells = occurrences(*columns)
    rows, times = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    np.testing.assert_array_equal(cells.at, rows)
    np.testing.assert_array_equal(cells.count, times)
    assert occurrences(columns[0][:0], columns[1][:0]).at.shape == (0, 2)
