"""The accept, review or audit decision: its bounds, its probabilities, its draws."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.domain.routing import Action, decide, sticky_draw

shares = st.floats(0, 1)
draws = st.floats(0, 1, exclude_max=True)


@given(st.floats(0, 1), st.floats(0, 1.5), shares, draws)
def test_people_see_exactly_what_the_probability_says(confidence, threshold, audit_share, draw):
    decision = decide(confidence, threshold=threshold, audit_share=audit_share, draw=draw)
    if confidence < threshold:
        assert (decision.action, decision.inclusion_probability) == (Action.REVIEW, 1.0)
    else:
        assert decision.inclusion_probability == audit_share
        assert decision.action == (Action.AUDIT if draw < audit_share else Action.ACCEPT)


def test_a_confidence_at_the_threshold_is_accepted():
    assert decide(0.9, threshold=0.9, audit_share=0.0, draw=0.0).action == Action.ACCEPT


def test_a_share_of_one_audits_everything_accepted():
    assert decide(1.0, threshold=0.5, audit_share=1.0, draw=0.999).action == Action.AUDIT


def test_a_confidence_that_is_not_a_number_goes_to_people():
    decision = decide(float("nan"), threshold=0.0, audit_share=0.1, draw=0.5)
    assert decision.action == Action.REVIEW
    assert json.dumps(decision.conditions, allow_nan=False)


def test_the_conditions_explain_the_decision():
    decision = decide(0.95, threshold=0.9, audit_share=0.05, draw=0.2)
    assert decision.conditions == (
        {"name": "confidence_at_least_threshold", "value": 0.95, "limit": 0.9, "holds": True},
        {"name": "draw_below_audit_share", "value": 0.2, "limit": 0.05, "holds": False},
    )


@pytest.mark.parametrize("wrong", [{"audit_share": 1.1}, {"audit_share": -0.1}, {"draw": 1.0}])
def test_it_refuses_shares_and_draws_out_of_range(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        decide(0.5, **{"threshold": 0.5, "audit_share": 0.1, "draw": 0.0, **wrong})


def test_a_draw_sticks_to_its_key_and_parts():
    assert sticky_draw(b"key", "policy", "capture") == sticky_draw(b"key", "policy", "capture")
    others = {
        sticky_draw(b"key", "policy", "capture"),
        sticky_draw(b"other", "policy", "capture"),
        sticky_draw(b"key", "policy2", "capture"),
        sticky_draw(b"key", "policyc", "apture"),
        sticky_draw(b"key", "capture", "policy"),
    }
    assert len(others) == 5


def test_draws_are_uniform_and_independent_between_policies():
    first = np.array([sticky_draw(b"key", "1", str(i)) for i in range(20_000)])
    second = np.array([sticky_draw(b"key", "2", str(i)) for i in range(20_000)])
    assert first.min() >= 0
    assert first.max() < 1
    counts = np.histogram(first, bins=20, range=(0, 1))[0]
    # Chi-square with 19 degrees of freedom: 43.8 is exceeded once in 1,000.
    assert ((counts - 1000) ** 2 / 1000).sum() < 43.8
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
