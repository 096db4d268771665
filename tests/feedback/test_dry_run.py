"""A policy tried on the past: what is known is taken as it is, the rest is guessed with an interval."""

import numpy as np
import pytest

from feedback.domain.dry_run import NothingKnown, Past, Wish, dry_run
from feedback.domain.stream import Terms


def a_past(count=1500, *, error=0.04, audit_share=0.2, seed=1, predictions=None):
    """A stream whose least sure half went to people; of the rest a share was audited."""
    draws = np.random.default_rng(seed)
    confidence = draws.random(count)
    truly = draws.random(count) < np.where(confidence < 0.5, 0.5, error)
    passed = confidence >= 0.5
    audited = passed & (draws.random(count) < audit_share)
    known = audited | ~passed
    past = Past(
        confidence=confidence,
        novelty=np.full(count, 0.2),
        labels=[""] * count,
        slices=[""] * count,
        passed=passed,
        audited=audited,
        wrong=np.where(known, truly, np.nan),
        predictions=predictions or count,
    )
    return past, truly


def test_the_policy_of_the_time_comes_out_as_it_was():
    past, truly = a_past(seed=2)
    found = dry_run(past, Wish(threshold=0.5, audit_share=0.2))
    assert found.reviewed.mean == found.reviewed_then == (~past.passed).sum()
    assert (found.more_errors.low, found.more_errors.high) == (0, 0)
    actual = truly[past.passed].sum()
    assert found.errors.low <= actual <= found.errors.high
    assert found.errors.high - found.errors.low > 3


def test_what_was_reviewed_is_known_exactly_and_what_was_accepted_is_guessed():
    past, truly = a_past()
    laxer = dry_run(past, Wish(threshold=0.25, audit_share=0.2))
    now_accepted = (past.confidence >= 0.25) & ~past.passed
    assert laxer.more_errors.low == laxer.more_errors.high == truly[now_accepted].sum()
    assert laxer.reviewed.mean == (past.confidence < 0.25).sum()
    stricter = dry_run(past, Wish(threshold=1, audit_share=0.2))
    assert (stricter.reviewed.mean, stricter.errors.high) == (1500, 0)


def test_the_interval_holds_the_truth_nearly_always():
    held = 0
    for seed in range(60):
        past, truly = a_past(seed=seed, audit_share=0.1)
        found = dry_run(past, Wish(threshold=0.7, audit_share=0.1))
        held += found.errors.low <= truly[past.confidence >= 0.7].sum() <= found.errors.high
    assert held >= 52


def test_a_budget_is_played_by_the_code_that_serves_and_is_kept():
    past, _ = a_past(4000)
    found = dry_run(past, Wish(threshold=0, audit_share=0.1, terms=Terms(0.1, 0.9, 0.1)))
    assert found.reviewed.mean < 4000
    accepted = 4000 - found.reviewed.mean
    assert found.errors.mean / accepted < 0.1
    assert found.plays >= 10
    floor = dry_run(past, Wish(threshold=0.9, audit_share=0.1, terms=Terms(0.1, 0.9, 0.1)))
    assert floor.reviewed.mean >= (past.confidence < 0.9).sum()


def test_bursts_are_scaled_to_what_they_stand_for():
    past, _ = a_past(predictions=15_000)
    found = dry_run(past, Wish(threshold=0.5, audit_share=0.2))
    assert found.reviewed.mean == pytest.approx(10 * (~past.passed).sum())


def test_strange_ones_go_to_people():
    past, _ = a_past()
    found = dry_run(past, Wish(threshold=0.5, audit_share=0.2, novelty_limit=0.1))
    assert found.reviewed.mean == 1500


def test_it_says_so_where_nothing_was_checked():
    past, _ = a_past(audit_share=0)
    with pytest.raises(NothingKnown, match="Nothing of what was accepted"):
        dry_run(past, Wish(threshold=0.5, audit_share=0.2))
    with pytest.raises(NothingKnown, match="no predictions"):
        dry_run(a_past(0)[0], Wish(threshold=0.5, audit_share=0.2))
