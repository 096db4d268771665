"""Alert rules: what they may say, when they fire, and what they would have done."""

from datetime import datetime, timedelta

import pytest

from feedback.domain.alert_rules import AlertRule, RulesRefused, firing, parse, reason
from feedback.domain.alert_trial import Seen, tried

KNOWN = {"labels": {"empty", "full"}, "sources": {"cam-1", "cam-2"}, "queues": {"alerts"}}
RULE = {"name": "Empty shelf", "label": "empty", "confidence": 0.8}
NOON = datetime(2026, 5, 4, 12, 0)


def test_a_rule_is_read_with_what_it_leaves_out():
    assert parse([RULE], **KNOWN) == [AlertRule("Empty shelf", "empty", 0.8)]
    (full,) = parse([RULE | {"sources": ["cam-1"], "hours": ["08:00", "22:00"], "answers": 2}], **KNOWN)
    assert parse([full.document()], **KNOWN) == [full]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": 3}, "name"),
        ({"label": "gone"}, "label"),
        ({"confidence": 1.2}, "confidence"),
        ({"confidence": True}, "confidence"),
        ({"confidence": float("nan")}, "confidence"),
        ({"confidence": "high"}, "confidence"),
        ({"sources": ["cam-9"]}, "sources"),
        ({"sources": "cam-1"}, "sources"),
        ({"hours": ["08:00"]}, "hours"),
        ({"hours": ["8", "22:00"]}, "hours"),
        ({"hours": ["08:00", "08:00"]}, "hours"),
        ({"hours": ["08:00", "24:00"]}, "hours"),
        ({"answers": 3}, "answers"),
        ({"queue": "review"}, "queue"),
        ({"sound": "loud"}, "sound"),
    ],
)
def test_what_is_wrong_is_named(wrong, path):
    with pytest.raises(RulesRefused) as refused:
        parse([RULE, RULE | {"name": "Other"} | wrong], **KNOWN)
    assert list(refused.value.errors) == [f"rules.1.{path}"]


def test_two_rules_have_two_names():
    with pytest.raises(RulesRefused) as refused:
        parse([RULE, RULE], **KNOWN)
    assert list(refused.value.errors) == ["rules.1.name"]


@pytest.mark.parametrize(
    ("terms", "met", "fires"),
    [
        ({}, {}, True),
        ({}, {"confidence": 0.8}, True),
        ({}, {"confidence": 0.79}, False),
        ({}, {"confidence": float("nan")}, False),
        ({}, {"labels": ["full"]}, False),
        ({}, {"labels": ["full", "empty"]}, True),
        ({"sources": ("cam-1",)}, {}, True),
        ({"sources": ("cam-2",)}, {}, False),
        ({"hours": ("08:00", "12:00")}, {}, False),
        ({"hours": ("12:00", "13:00")}, {}, True),
        ({"hours": ("22:00", "06:00")}, {}, False),
        ({"hours": ("22:00", "06:00")}, {"at": NOON.replace(hour=23)}, True),
        ({"hours": ("22:00", "06:00")}, {"at": NOON.replace(hour=5, minute=59)}, True),
    ],
)
def test_a_rule_fires_where_all_it_asks_for_holds(terms, met, fires):
    rule = AlertRule("Empty shelf", "empty", 0.8, **terms)
    facts = {"labels": ["empty"], "confidence": 0.9, "source": "cam-1", "at": NOON} | met
    assert (firing([rule], **facts) is rule) == fires


def test_the_first_rule_names_the_reason():
    night = AlertRule("Night", "empty", 0.5, hours=("22:00", "06:00"))
    any_time = AlertRule("Empty shelf", "empty", 0.8)
    facts = {"labels": ["empty"], "confidence": 0.9, "source": "cam-1", "at": NOON}
    assert firing([night, any_time], **facts) is any_time
    said = reason(night, confidence=0.9, source="cam-1", at=NOON.replace(hour=23))
    assert said == "Night: empty at cam-1, 90% sure where 50% is asked for, at 23:00 between 22:00 and 06:00."


def seen(*labels, source="cam-1", every=10, confidence=0.9, truth=None):
    return [
        Seen(source, NOON + timedelta(minutes=every * number), (label,), confidence, truth)
        for number, label in enumerate(labels)
    ]


def test_what_a_camera_goes_on_to_show_is_one_alert():
    rules = [AlertRule("Empty shelf", "empty", 0.8)]
    found = tried(rules, seen("empty", "empty", "empty", "full", "empty"))
    assert (found.alerts, found.photographs, found.peak, found.peak_at) == (2, 4, 2, NOON)
    assert found.by_rule == {"Empty shelf": 2}


def test_an_unsure_contrary_ends_no_alert():
    rules = [AlertRule("Empty shelf", "empty", 0.8)]
    unsure = Seen("cam-1", NOON + timedelta(minutes=1), ("full",), 0.6)
    found = tried(
        rules, [seen("empty")[0], unsure, Seen("cam-1", NOON + timedelta(minutes=2), ("empty",), 0.9)]
    )
    assert found.alerts == 1


def test_cameras_are_alerted_each_for_itself():
    rules = [AlertRule("Empty shelf", "empty", 0.8)]
    assert tried(rules, seen("empty") + seen("empty", source="cam-2")).alerts == 2


def test_how_many_were_true_is_told_from_those_verified():
    rules = [AlertRule("Empty shelf", "empty", 0.8)]
    history = seen("empty", "full", "empty", truth=("empty",)) + seen(
        "empty", "full", "empty", source="cam-2"
    )
    history[4:] = seen("empty", source="cam-3", truth=("full",))
    found = tried(rules, history)
    assert (found.verified, found.right) == (3, 2)
    assert found.true == pytest.approx(found.alerts * 2 / 3)
    assert found.low < found.true < found.high


def test_nothing_verified_claims_nothing():
    found = tried([AlertRule("Empty shelf", "empty", 0.8)], seen("empty"))
    assert (found.true, found.low, found.high) == (None, None, None)
    assert tried([], seen("empty")).alerts == 0
