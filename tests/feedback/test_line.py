"""Answers in whatever order: a cell sees the same sequence, and what is answered first proves nothing."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain import benefit, pace
from feedback.domain.certification import certify
from feedback.domain.line import Item, foreseen, take_in
from feedback.domain.pace import Pace
from feedback.domain.replay import Row, replay
from feedback.domain.stream import Cell, Terms

TERMS = Terms(budget=0.05, confidence=0.9, audit_share=0.5)


def items(count, error_rate, seed=0, *, accepted=False, share=1.0):
    chance = np.random.default_rng(seed)
    return [
        Item(float(c), bool(w), accepted, float(d), share, share)
        for c, w, d in zip(
            chance.random(count), chance.random(count) < error_rate, chance.random(count), strict=True
        )
    ]


def still_open(item):
    return Item(item.confidence, None, item.accepted, item.draw, item.sampled, item.watched, item.first)


@given(st.permutations(range(90)))
def test_a_cell_learns_the_same_whatever_is_answered_first(order):
    known = items(90, 0.02)
    straight, other = Cell(TERMS), Cell(TERMS)
    take_in(straight, known)
    answered, taken = set(), 0
    for at in order:
        answered.add(at)
        waiting = [item if n in answered else still_open(item) for n, item in enumerate(known)]
        taken += take_in(other, waiting[taken:])[0]
    assert taken == 90
    assert other.state() == straight.state()


def test_a_cell_goes_on_where_it_was_kept():
    known = items(400, 0.01) + items(200, 0.01, 1, accepted=True) + items(60, 0.6, 2, accepted=True)
    straight, kept = Cell(TERMS), Cell(TERMS)
    for item in known:
        take_in(straight, [item])
        take_in(kept, [item])
        kept = Cell.restored(TERMS, "", json.loads(json.dumps(kept.state())))
    assert straight.alarms == 1
    assert (kept.state(), kept.trust()) == (straight.state(), straight.trust())


@pytest.mark.parametrize("seed", range(8))
def test_a_backlog_of_what_is_wrong_proves_nothing(seed):
    """8% are wrong where 5% are allowed, and people leave just those open: the answered ones look perfect."""
    known = items(3000, 0.08, seed)
    waiting = [still_open(item) if item.wrong else item for item in known]
    answered = [(item.confidence, False, 1.0) for item in known if not item.wrong]
    assert certify(answered, budget=0.05, confidence=0.9).threshold is not None
    cell = Cell(TERMS)
    take_in(cell, waiting)
    assert cell.threshold is None


def test_the_least_sure_first_and_the_rest_never_keeps_the_budget():
    """One error rate just above the budget, people come to a third, the least sure first: δ is 10%."""
    broken = 0
    for seed in range(40):
        known = items(2400, 0.055, seed)
        few = np.quantile([item.confidence for item in known], 1 / 3)
        cell = Cell(TERMS)
        take_in(cell, [item if item.confidence < few else still_open(item) for item in known])
        broken += cell.threshold is not None
    assert broken <= 8


def test_where_too_much_is_open_a_share_of_the_sample_goes_on_by_its_draws():
    known = items(2000, 0.0)
    # People come to an eighth of everything, by draws.
    waiting = [item if item.draw < 1 / 8 else still_open(item) for item in known]
    cell = Cell(TERMS)
    done, _ = take_in(cell, waiting, patience=50)
    assert done > 1900
    assert cell.trust().answers == pytest.approx(done / 8, rel=0.3)


def test_an_alarm_need_not_wait_for_questions_before_it():
    cell = Cell(TERMS)
    take_in(cell, items(200, 0.0))
    audits = [Item(0.9, None, True, 0.1, 0.5, 0.5)] + [Item(0.9, True, True, 0.1, 0.5, 0.5)] * 8
    assert take_in(cell, audits)[0] == 0
    ahead = foreseen(cell, audits)
    assert (ahead.alarms, ahead.threshold, cell.alarms) == (1, None, 0)
    assert cell.threshold is not None
    # Without the open one being wrong there are too few.
    assert foreseen(cell, audits[:3]) is None


def test_a_replay_with_too_few_people_still_earns_trust_and_shows_what_is_left():
    chance = np.random.default_rng(1)
    sure = chance.beta(12, 1, 8000)
    rows = [Row(float(c), bool(chance.random() < c**0.3)) for c in sure]
    whole, short = replay(rows, TERMS), replay(rows, TERMS, capacity=2000)
    assert short["reviewed"] == 2000
    assert short["first_accept_at"] > whole["first_accept_at"]
    assert short["accepted_error_rate"] < 0.05
    assert short["total"] == short["accepted"] + short["reviewed"] + short["waiting"]
    assert 0 < short["waiting_errors"] < short["waiting"]
    # What was reviewed instead of left was worth more.
    assert short["waiting_errors"] / short["waiting"] < 1 - np.mean([row.correct for row in rows])


def test_pace():
    assert Pace(came=100, done=20, waiting=150).share == 1
    behind = Pace(came=4000, done=1000, waiting=9000)
    assert (behind.share, behind.excess) == (0.25, 8000)
    assert pace.reach(behind.share) == pytest.approx(0.2)
    assert pace.watched(behind.share, sampled=0.05, audit_share=0.05) == pytest.approx(0.125)
    assert Pace(came=4000, done=0, waiting=9000).share > 0


def test_benefit_is_cost_times_risk_and_what_it_teaches():
    plain = benefit.benefit(0.1)
    assert plain == pytest.approx(0.1)
    for more in ({"cost": 4}, {"novelty": 0.9}, {"rarity": 0.5}, {"drift": 0.3}):
        assert benefit.benefit(0.1, **more) > plain
    assert benefit.benefit(0.1, age_days=7) == pytest.approx(plain / 2)
    assert benefit.cost_of(0.02, [0.02, 0.005]) == 4
    assert benefit.rarities({"full": 80, "low": 20}) == {"full": 0, "low": 0.75}
    same, other = np.linspace(0.5, 0.9, 40), np.linspace(0.8, 1.0, 40)
    assert benefit.drift(same, same) == 0
    assert benefit.drift(same, other) > 0.7


def test_priorities_are_those_of_what_people_come_to():
    cuts = benefit.cuts_of(np.linspace(0, 1, 1001), 0.25)
    given_out = [benefit.priority(worth, cuts) for worth in np.linspace(0, 1, 1001)]
    assert given_out == sorted(given_out)
    assert given_out.count(0) == pytest.approx(750, abs=2)
    assert given_out.count(5) == pytest.approx(50, abs=2)
    evidence = {benefit.asked_priority(rank=r, share=0.25, worth=0, cuts=cuts) for r in (0, 0.2, 0.4, 0.9)}
    assert evidence == {9, 8, 7, 6}
    assert benefit.asked_priority(rank=0.5, share=1, worth=1, cuts=cuts) == 5
