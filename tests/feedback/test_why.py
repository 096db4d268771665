"""Why a prediction went where it did, in sentences with the values."""

import pytest

from feedback.models import RoutingDecision, RoutingPolicy
from feedback.views.why import reasons


def said(name, value, limit, holds, **policy):
    terms = {"threshold": 0.5, "error_budget": 0.02, **policy}
    condition = {"name": name, "value": value, "limit": limit, "holds": holds}
    decision = RoutingDecision(policy=RoutingPolicy(**terms), conditions=[condition])
    (reason,) = reasons(decision)
    return reason.words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            ("confidence_at_least_threshold", 0.91, 0.94, False),
            "Its confidence of 91% is below 94%, the level proved for this project.",
        ),
        (
            ("confidence_at_least_threshold", 0.9397, 0.9401, False),
            "Its confidence of 93.97% is below 94.01%, the level proved for this project.",
        ),
        (
            ("confidence_at_least_threshold", 0.9, 1.0000000000000002, False),
            "Its confidence is 90.0%, but people decide about everything that was predicted here.",
        ),
        (
            ("confidence_at_least_threshold", None, 0.9, False),
            "Its confidence is not a number, so that a person decides.",
        ),
        (
            ("error_bound_within_budget", None, 0.02, False),
            "Too few verified answers prove how often the model is wrong here; the budget is 2%.",
        ),
        (
            ("error_bound_within_budget", 0.015, 0.02, True),
            "Of what is accepted here at most 1.5% is wrong, by verified answers; the budget is 2%.",
        ),
        (
            ("error_bound_within_budget", 0.031, 0.02, False),
            "Up to 3% of what it says here may be wrong, by verified answers; the budget is 2%.",
        ),
        (
            ("novelty_at_most_limit", 0.97, 0.95, False),
            "It is stranger than 97% of the known images, above the limit of 95%.",
        ),
        (
            ("draw_below_audit_share", 0.032, 0.05, True),
            "Its lot, 0.032 of 1, is below the audit share of 5%: it is checked blind as well.",
        ),
        (("something_new", 0.25, None, True), "Something new: 0.25; the limit is not known."),
    ],
)
def test_each_condition_is_a_sentence_with_its_values(condition, words):
    assert said(*condition) == words


def test_a_level_set_by_hand_is_called_so():
    words = said("confidence_at_least_threshold", 0.91, 0.9, True, threshold=0.9, error_budget=None)
    assert words == "Its confidence of 91% is at least 90%, the level set."


def test_the_draw_stands_in_nobodys_way():
    decision = RoutingDecision(
        policy=RoutingPolicy(threshold=0.5),
        conditions=[{"name": "draw_below_audit_share", "value": 0.5, "limit": 0.05, "holds": False}],
    )
    assert reasons(decision)[0].holds is None
