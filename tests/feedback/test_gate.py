"""The gate: every rule, with both figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.gate import ACCURACY, EVALUATED, LABELS, MAJORITY, Contender, Figures, judge

RATIO = st.floats(0, 1)


def contender(accuracy=None, majority=0.4, labels=("a", "b"), test_hash="t"):
    figures = None if accuracy is None else Figures(test_hash, 100, accuracy, majority)
    return Contender(labels, figures)


def names(rules, *, passed):
    return [rule.name for rule in rules if rule.passed is passed]


@given(RATIO, RATIO)
def test_only_the_strictly_more_accurate_passes(ours, theirs):
    rules = judge(contender(ours), contender(theirs))
    assert all(rule.passed for rule in rules) == (ours > theirs)
    by_name = {rule.name: rule for rule in rules}
    assert (by_name[ACCURACY].challenger, by_name[ACCURACY].champion) == (ours, theirs)


@given(RATIO, RATIO)
def test_without_a_champion_it_must_beat_the_commonest_label(ours, majority):
    rules = judge(contender(ours, majority), None)
    assert [rule.name for rule in rules] == [EVALUATED, MAJORITY]
    assert all(rule.passed for rule in rules) == (ours > majority)
    assert rules[1].limit == majority


@pytest.mark.parametrize(
    ("challenger", "champion"),
    [
        (contender(None), contender(0.5)),
        (contender(0.9), contender(None)),
        (contender(0.9, test_hash="x"), contender(0.5, test_hash="y")),
    ],
)
def test_figures_on_different_test_sets_are_never_compared(challenger, champion):
    rules = judge(challenger, champion)
    assert names(rules, passed=False) == [EVALUATED]
    assert ACCURACY not in {rule.name for rule in rules}


def test_an_unmeasured_first_model_does_not_pass():
    assert names(judge(contender(None), None), passed=False) == [EVALUATED]


def test_a_label_the_champion_knows_may_not_be_lost():
    rules = judge(contender(0.9, labels=("a", "c")), contender(0.5, labels=("a", "b")))
    assert names(rules, passed=False) == [LABELS]


def test_a_new_label_is_welcome():
    rules = judge(contender(0.9, labels=("a", "b", "c")), contender(0.5))
    assert names(rules, passed=False) == []
