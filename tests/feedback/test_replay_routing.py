"""A stream played through the router: it keeps the budget, and knows only what people saw."""

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from feedback.domain.harm import ALARM, Harm
from feedback.domain.replay import Row, replay
from feedback.domain.stream import Cell, Terms
from feedback.enums import TrustState
from inference.domain.routing import sticky_draw
from inference.enums import Action

TERMS = Terms(budget=0.05, confidence=0.9, audit_share=0.1)


def rows(count, error_rate, seed=0, **more):
    chance = np.random.default_rng(seed)
    scores = chance.beta(5, 1, count)
    wrong = chance.random(count) < error_rate
    return [Row(float(c), not w, **more) for c, w in zip(scores, wrong, strict=True)]


def test_replay_counts_add_up():
    found = replay(rows(4000, 0.01), TERMS)
    assert found["total"] == 4000 == found["accepted"] + found["reviewed"]
    assert 0 < found["audited"] < found["accepted"]
    assert found["accepted_error_rate"] == found["accepted_errors"] / found["accepted"]
    assert found["thresholds"][0]["at"] < found["first_accept_at"]


def test_replay_is_the_same_whatever_was_true_of_what_nobody_saw():
    stream = rows(3000, 0.01)
    cell, unseen = Cell(TERMS), []
    for at, row in enumerate(stream):
        draw = sticky_draw(b"replay 0", str(at))
        counts = draw < cell.sampled
        action = cell.decide(row.confidence, draw=draw).action
        if action == Action.ACCEPT:
            unseen.append(at)
        else:
            cell.absorb(row.confidence, wrong=not row.correct, accepted=action == Action.AUDIT, counts=counts)
    flipped = [
        replace(row, correct=not row.correct) if at in set(unseen) else row for at, row in enumerate(stream)
    ]
    one, other = replay(stream, TERMS), replay(flipped, TERMS)
    assert unseen
    assert one["thresholds"] == other["thresholds"]
    assert one["accepted_errors"] != other["accepted_errors"]


def test_replay_accepts_nothing_of_a_stream_that_is_all_wrong():
    found = replay([Row(1.0, False)] * 2000, TERMS)
    assert (found["accepted"], found["first_accept_at"], found["accepted_error_rate"]) == (0, None, None)


def test_replay_accepts_all_alike_where_all_have_one_confidence():
    found = replay([Row(0.5, True)] * 1000, TERMS)
    assert found["accepted"] > 900
    assert {change["threshold"] for change in found["thresholds"]} == {0.5}


@pytest.mark.parametrize("count", [0, 1, 20])
def test_replay_of_too_few_reviews_all(count):
    found = replay([Row(1.0, True)] * count, TERMS)
    assert (found["reviewed"], found["accepted"]) == (count, 0)


def test_each_slice_and_label_with_a_budget_earns_its_own_trust():
    terms = Terms(budget=0.05, confidence=0.9, label_budgets={"empty": 0.01})
    night = [Row(0.9, True, "full", "night")] * 20
    found = replay(night + [Row(0.9, True, "full", "day"), Row(0.9, True, "empty", "day")] * 150, terms)
    assert found["cells"] == 3
    assert {(change["label"], change["slice"]) for change in found["thresholds"]} == {("", "day")}


def test_capacity_caps_reviews_and_the_rest_waits():
    found = replay(rows(2000, 0.5), TERMS, capacity=300)
    assert (found["reviewed"], found["waiting"], found["accepted"]) == (300, 1700, 0)


def test_budget_is_kept_where_the_error_rate_is_just_above_it():
    """One confidence, 5.5% wrong: accepting anything breaks the budget; δ is 10%."""
    broken = sum(
        replay([Row(0.9, w) for w in np.random.default_rng(seed).random(800) > 0.055], TERMS)["accepted"] > 0
        for seed in range(50)
    )
    assert broken <= 8


def test_a_shift_takes_the_threshold_back_and_a_good_time_returns_it():
    stream = rows(3000, 0.005) + rows(3000, 0.4, seed=1) + rows(3000, 0.005, seed=2)
    found = replay(stream, replace(TERMS, audit_share=0.3))
    stops = [change["at"] for change in found["thresholds"] if change["threshold"] is None]
    assert found["alarms"] == 1
    assert 3000 < stops[0] < 3500
    assert any(change["at"] > 6000 and change["threshold"] is not None for change in found["thresholds"])


def test_a_shift_is_seen_in_reviews_where_nothing_is_audited():
    """Every second one is unsure and reviewed: what people correct there gives the shift away."""
    chance = np.random.default_rng(4)
    good = [
        Row(0.5 + 0.4 * (at % 2), bool(chance.random() > (0.01 if at % 2 else 0.2))) for at in range(3000)
    ]
    bad = [Row(row.confidence, bool(chance.random() > 0.6)) for row in good]
    found = replay(good + bad, replace(TERMS, audit_share=0.0))
    stops = [change["at"] for change in found["thresholds"] if change["threshold"] is None]
    assert 3000 < stops[0] < 3200


def test_trust_says_why():
    cell = Cell(TERMS)
    assert cell.trust().state == TrustState.CAUTIOUS
    for _ in range(200):
        cell.absorb(0.9, wrong=False, accepted=False, counts=True)
    assert (cell.trust().state, cell.trust().threshold) == (TrustState.OK, 0.9)
    while not cell.alarms:
        cell.absorb(0.9, wrong=True, accepted=True, counts=True)
    assert cell.trust().state == TrustState.STOP
    assert cell.trust().evidence >= ALARM
    assert cell.trust().reason.startswith("Audits found the budget of 5.00% broken")


def test_harm_seldom_cries_wolf_and_is_seen_soon():
    def audits(rate, seed, most):
        harm = Harm(0.05)
        for wrong in np.random.default_rng(seed).random(most) < rate:
            harm.absorb(bool(wrong))
            if harm.state == TrustState.STOP:
                return harm.answers
        return most + 1

    assert sum(audits(0.05, seed, 1000) <= 1000 for seed in range(100)) <= 5
    assert np.median([audits(0.15, seed, 1000) for seed in range(50)]) <= 150


def play(path, *options):
    out = StringIO()
    call_command("replay_routing", str(path), "--budget", "0.02", *options, stdout=out)
    return out.getvalue()


def test_command_prints_one_object_and_the_same_again(tmp_path):
    file = tmp_path / "stream.csv"
    file.write_text("label,confidence,correct\n" + "full,0.9,1\n" * 400)
    found = json.loads(play(file, "--json", "--seed", "3"))
    assert found == json.loads(play(file, "--json", "--seed", "3"))
    assert found["total"] == 400
    assert f"{found['accepted']} accepted" in play(file, "--seed", "3")


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("confidence\n0.9\n", [], "line 1: the column correct is missing."),
        ("", [], "line 1: the column confidence and correct is missing."),
        (
            "confidence,correct\n0.9,1\n1.2,1\n",
            [],
            "line 3: confidence must be a number from 0 to 1, not '1.2'.",
        ),
        ("confidence,correct\nnan,1\n", [], "line 2: confidence must be a number"),
        ("confidence,correct\n0.9,yes\n", [], "line 2: correct must be 0 or 1, not 'yes'."),
        ("confidence,correct\n0.9\n", [], "line 2: 1 cells where the header has 2."),
        ("confidence,correct\n", ["--confidence", "1"], "confidence must be above 0 and below 1"),
        ("confidence,correct\n", ["--audit-share", "2"], "audit share must be from 0 to 1"),
        ("confidence,correct\n", ["--capacity", "-1"], "--capacity must be 0 or more."),
        ("confidence,correct\n", ["--label-budget", "x"], "--label-budget must be LABEL=RATIO"),
    ],
)
def test_command_refuses_in_one_line(tmp_path, text, options, said):
    file = tmp_path / "stream.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=r".") as refused:
        play(file, *options)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.returncode == 2


def test_command_names_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match=r"No such file"):
        play(tmp_path / "none.csv")
