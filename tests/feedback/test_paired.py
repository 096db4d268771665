"""Two models' errors beside each other: not flattered by the routing, with intervals that hold."""

import numpy as np

from feedback.domain.paired import Place, compare

AUDITED = 0.05


def a_world(draws, count=6000, better=True):
    """Captures of which the champion's unsure ones are reviewed and the rest audited, and a challenger beside it."""
    truth = draws.integers(0, 4, count)
    confidence = draws.beta(8, 1, count)
    other = (truth + draws.integers(1, 4, count)) % 4
    champion = np.where(draws.random(count) > confidence**0.5, other, truth)
    # It fails where it will, not where the champion is unsure.
    challenger = np.where(draws.random(count) < (0.03 if better else 0.09), (truth + 1) % 4, truth)
    reviewed, audited = confidence < 0.7, draws.random(count) < AUDITED
    sizes, verified = {}, []
    for i in range(count):
        part = int(confidence[i] * 10) if reviewed[i] else 0
        agrees = bool(champion[i] == challenger[i])
        at = Place(not reviewed[i], 1.0 if reviewed[i] else AUDITED, agrees, part)
        sizes[at] = sizes.get(at, 0) + 1
        # Who is behind with reviews answered the least sure first.
        if draws.random() < 1.7 - 1.7 * confidence[i] if reviewed[i] else audited[i]:
            verified.append((at, bool(champion[i] == truth[i]), bool(challenger[i] == truth[i])))
    return sizes, verified, float((champion != truth).mean()), float((challenger != truth).mean())


def test_the_intervals_hold_what_is_true_though_people_look_where_the_champion_is_unsure():
    draws = np.random.default_rng(5)
    runs, held, naive, width = 60, {"champion": 0, "challenger": 0, "difference": 0}, [], []
    for run in range(runs):
        sizes, verified, champion, challenger = a_world(draws, better=run % 2 == 0)
        found = compare(sizes, verified)
        assert (found.captures, found.unchecked) == (6000, 0)
        true = {"champion": champion, "challenger": challenger, "difference": challenger - champion}
        for name, value in true.items():
            share = getattr(found, name)
            held[name] += share.low <= value <= share.high
        naive.append(np.mean([one - other for _, one, other in verified]) - (challenger - champion))
        width.append(found.difference.high - found.difference.low)
    # Who counts the answers as they come finds the challenger far better than it is.
    assert np.mean(naive) < -0.04
    assert all(count / runs > 0.9 for count in held.values()), held
    assert np.mean(width) < 0.08


def test_where_both_always_agree_there_is_no_difference():
    at = Place(True, 0.1, True)
    found = compare({at: 1000}, [(at, True, True)] * 8 + [(at, False, False)] * 2)
    assert found.difference.value == 0
    # That they never differed yet does not say that they never will.
    assert -0.01 < found.difference.low <= 0 <= found.difference.high < 0.01
    assert found.champion.value == found.challenger.value
    assert found.champion.low < 0.2 < found.champion.high


def test_everything_verified_is_known_exactly_of_these_and_not_of_those_to_come():
    agreeing, differing = Place(False, 1.0, True), Place(False, 1.0, False)
    found = compare(
        {agreeing: 6, differing: 4}, [(agreeing, True, True)] * 6 + [(differing, False, True)] * 4
    )
    assert (found.champion.value, found.challenger.value, found.difference.value) == (0.4, 0, -0.4)
    assert found.champion.low < 0.25
    assert found.champion.high > 0.6
    assert found.difference.high > -0.25


def test_differences_that_nobody_looked_at_make_the_interval_wide():
    agreeing, differing = Place(True, 0.1, True), Place(True, 0.1, False)
    found = compare({agreeing: 900, differing: 100}, [(agreeing, True, True)] * 90)
    assert found.difference.low < -0.05
    assert found.difference.high > 0.05


def test_what_was_accepted_without_audits_is_left_out_and_counted():
    reviewed = Place(False, 1.0, False)
    found = compare({Place(True, 0.0, True): 90, reviewed: 10}, [(reviewed, False, True)] * 5)
    assert (found.captures, found.verified, found.unchecked) == (10, 5, 90)


def test_nothing_verified_says_nothing():
    found = compare({Place(True, 0.1, True): 7}, [])
    assert (found.difference.value, found.captures, found.verified, found.unchecked) == (None, 0, 0, 7)
    assert compare({}, []).champion.value is None
