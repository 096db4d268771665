"""The gate: every rule, with both figures."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.gate import (
    ACCURACY,
    EVALUATED,
    LABELS,
    LATENCY,
    MAJORITY,
    SIZE,
    Contender,
    Figures,
    judge,
)
from inference.domain.serving_budget import Budget, Costs

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


def costing(contender, latency_ms, size):
    return replace(contender, costs=Costs(latency_ms, size))


def test_what_the_budget_bounds_must_be_kept_to_and_have_been_measured():
    budget = Budget(latency_ms=10.0, bytes=1000)
    within = judge(costing(contender(0.9), 10.0, 1000), costing(contender(0.5), 99.0, 9999), budget)
    assert names(within, passed=False) == []
    assert [rule.limit for rule in within if rule.name in (LATENCY, SIZE)] == [10.0, 1000]
    over = judge(costing(contender(0.9), 10.1, 1001), contender(0.5), budget)
    assert names(over, passed=False) == [LATENCY, SIZE]
    unknown = judge(costing(contender(0.9), None, 10), contender(0.5), budget)
    assert names(unknown, passed=False) == [LATENCY]
    assert LATENCY not in {rule.name for rule in judge(contender(0.9), contender(0.5), Budget())}
