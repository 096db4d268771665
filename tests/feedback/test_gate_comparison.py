"""A challenger and a champion on the same images: intervals, parts, and the rules that ask them."""

import numpy as np
import pytest
from scipy import stats

from feedback.domain.gate import (
    ACCURACY,
    CALIBRATION,
    EACH_CORRUPTION,
    EACH_LABEL,
    EACH_SLICE,
    EVALUATED,
    FORGOTTEN,
    OVERALL,
    Case,
    Compared,
    Contender,
    Figures,
    Terms,
    judge,
)
from feedback.domain.gate_bootstrap import MOST_CLUSTERS, clusters, differences
from feedback.domain.gate_comparison import (
    compare,
    corruptions,
    labels_of,
    old_labels,
    pair,
    slices,
    whole,
    worse,
)
from tests.factories.feedback import outcomes_of


def answers(seed, images, right):
    """What is true, and what a model says that is right so often."""
    draws = np.random.default_rng(seed)
    truth = draws.choice(["a", "b", "c"], images)
    other = np.array(["a", "b", "c"])[(np.searchsorted(["a", "b", "c"], truth) + 1) % 3]
    return truth, np.where(draws.random(images) < right, truth, other)


def two(images=200, ours=0.9, theirs=0.8):
    truth, champion = answers(1, images, theirs)
    keeps = np.random.default_rng(2).random(images) < ours
    challenger = np.where(keeps, truth, champion)
    return pair(outcomes_of(truth, challenger), outcomes_of(truth, champion)), truth, challenger, champion


def alone(both):
    return [None] * len(both.hashes)


def test_the_interval_is_that_of_an_independent_bootstrap():
    both, truth, challenger, champion = two()
    (found,) = compare(both, whole(both), alone(both))
    gaps = (challenger == truth).astype(float) - (champion == truth)
    theirs = stats.bootstrap(
        (gaps,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(3)
    ).confidence_interval
    assert found.difference == pytest.approx(gaps.mean())
    assert (found.challenger, found.champion) == (np.mean(challenger == truth), np.mean(champion == truth))
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_what_both_have_wrong_alike_does_not_widen_the_interval():
    truth = ["a"] * 200
    champion = ["a"] * 120 + ["b"] * 80
    challenger = ["a"] * 130 + ["b"] * 70
    both = pair(outcomes_of(truth, challenger), outcomes_of(truth, champion))
    (found,) = compare(both, whole(both), alone(both))
    # Apart, each of the two shares is known to within seven points.
    assert found.difference == pytest.approx(0.05)
    assert 0.015 < found.low < found.high < 0.085


def test_the_interval_of_a_ratio_is_that_of_an_independent_bootstrap():
    both, truth, challenger, champion = two()
    found = next(each for each in compare(both, labels_of(both), alone(both)) if each.part == "a")

    def f1(said, true, axis=-1):
        return 2 * (said & true).sum(axis=axis) / (said.sum(axis=axis) + true.sum(axis=axis))

    def gap(ours, theirs, true, axis=-1):
        return f1(ours, true, axis) - f1(theirs, true, axis)

    held = [challenger == "a", champion == "a", truth == "a"]
    theirs = stats.bootstrap(
        held,
        gap,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(3),
    ).confidence_interval
    assert found.difference == pytest.approx(gap(*held))
    assert found.images == np.sum(truth == "a")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_a_burst_counts_as_one():
    both, *_ = two()
    (apart,) = compare(both, whole(both), alone(both))
    (together,) = compare(both, whole(both), [f"burst {place // 20}" for place in range(len(both.hashes))])
    assert together.difference == apart.difference
    ten = [None if place % 2 else "x" for place in range(6)]
    assert len(set(clusters(ten))) == 4
    # Of copies of one image, nothing is proved.
    truth = ["a"] * 20
    copies = pair(outcomes_of(truth, ["a"] * 10 + ["b"] * 10), outcomes_of(truth, ["b"] * 10 + ["a"] * 10))
    (found,) = compare(copies, whole(copies), ["x"] * 10 + ["y"] * 10)
    assert (found.low, found.high) == (-1, 1)


def test_of_many_images_several_are_drawn_together_and_the_interval_stays():
    assert clusters([None] * 10_000).max() < MOST_CLUSTERS
    both, *_ = two(images=6000)
    (found,) = compare(both, whole(both), alone(both))
    wide = 1.96 * np.std(
        [1.0] * round(found.challenger * 6000 - found.champion * 6000)
        + [0.0] * round(6000 - (found.challenger - found.champion) * 6000)
    )
    assert found.high - found.low == pytest.approx(2 * wide / np.sqrt(6000), rel=0.1)


def test_nothing_is_said_of_a_part_in_which_there_is_nothing():
    assert differences(np.zeros((4, 3, 1))) == [None]


def test_images_whose_truth_has_changed_are_left_out():
    ours, theirs = (
        outcomes_of(["a", "b", "c"], ["a", "b", "c"]),
        outcomes_of(["a", "c", "c"], ["a", "c", "c"]),
    )
    both = pair(ours, theirs)
    assert [int(sha256, 16) for sha256 in both.hashes] == [0, 2]
    assert worse(both) == []


def test_each_part_is_of_its_own_images():
    truth = ["a"] * 4 + ["new"] * 2
    ours = outcomes_of(truth, ["a", "a", "new", "new", "new", "new"], variants=("blur 1", "blur 2", "jpeg 1"))
    theirs = outcomes_of(truth, ["a", "a", "a", "b", "a", "a"], variants=("blur 1", "blur 2", "jpeg 1"))
    both = pair(ours, theirs)
    parts = [
        *old_labels(both, ["a", "b"]),
        *slices(both, {"lighting: night": [0, 1, 2]}),
        *corruptions(both)[:2],
    ]
    found = {(each.kind, each.part): each for each in compare(both, parts, alone(both))}
    old = found["old labels", ""]
    assert (old.images, old.challenger, old.champion) == (4, 0.5, 0.75)
    night = found["slice", "lighting: night"]
    assert (night.images, night.challenger, night.champion) == (3, pytest.approx(2 / 3), 1)
    assert found["corruption", "blur"].images == 6
    assert old_labels(both, ["a", "b", "new"]) == []
    assert [int(sha256, 16) for sha256, _ in worse(both)] == [2]


def figures(accuracy, images=200, **more):
    return Figures("t", images, accuracy, 0.3, **more)


def case_of(kind, difference, low, high, images=100, terms=None):
    overall = Compared(OVERALL, "", 200, 0.9, 0.8, 0.1, 0.02, 0.18)
    part = Compared(kind, "x", images, 0.8 + difference, 0.8, difference, low, high)
    return Case(terms or Terms(), [overall, part])


def failed(case, ours=None):
    challenger = Contender(["a"], ours or figures(0.9))
    return [
        rule.name for rule in judge(challenger, Contender(["a"], figures(0.8)), case=case) if not rule.passed
    ]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("label", EACH_LABEL),
        ("slice", EACH_SLICE),
        ("corruption", EACH_CORRUPTION),
        ("old labels", FORGOTTEN),
    ],
)
def test_it_may_be_worse_nowhere_by_more_than_the_margin_where_that_is_proved(kind, name):
    assert failed(case_of(kind, -0.2, -0.3, -0.1)) == [name]
    # What the interval does not prove, what is within the margin, and what is of a few images, is no ground.
    assert failed(case_of(kind, -0.2, -0.4, 0.0)) == []
    assert failed(case_of(kind, -0.04, -0.05, -0.03)) == []
    assert failed(case_of(kind, -0.2, -0.3, -0.1, images=29)) == []
    assert failed(case_of(kind, -0.2, -0.3, -0.1, terms=Terms(margin=0.25))) == []


def test_a_failed_rule_says_where_with_its_interval():
    case = case_of("slice", -0.2, -0.3, -0.1)
    rules = judge(Contender(["a"], figures(0.9)), Contender(["a"], figures(0.8)), case=case)
    (rule,) = [rule for rule in rules if not rule.passed]
    assert (rule.part, rule.images, rule.low, rule.high) == ("x", 100, -0.3, -0.1)
    assert rule.limit == pytest.approx(0.75)


def test_a_project_may_ask_for_proof_that_it_is_better():
    unproven = Compared(OVERALL, "", 20, 0.9, 0.8, 0.1, -0.05, 0.25)
    assert failed(Case(Terms(), [unproven])) == []
    assert failed(Case(Terms(must_be_proven=True), [unproven])) == [ACCURACY]
    assert failed(Case(Terms(must_be_proven=True), [])) == [ACCURACY]


def test_confidence_must_mean_what_it_says_where_there_are_images_to_tell():
    off = {"ece": 0.2, "ece_floor": 0.03}
    assert failed(Case(), figures(0.9, **off)) == [CALIBRATION]
    assert failed(Case(), figures(0.9, images=99, **off)) == []
    assert failed(Case(Terms(most_ece=None)), figures(0.9, **off)) == []
    assert failed(Case(), figures(0.9, ece=0.12, ece_floor=0.03)) == []


def test_what_was_not_measured_image_by_image_does_not_pass():
    assert failed(Case(is_measured=False)) == [EVALUATED]
