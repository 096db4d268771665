"""Thresholds are proved by exact bounds, beside scipy's distributions and published numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapie.risk_control import BinaryClassificationController
from scipy import stats

from feedback.domain import binomial
from feedback.domain.boundaries import boundary
from feedback.domain.certification import certify, least_answers
from feedback.domain.evidence import Evidence

ANSWERS = st.lists(
    st.tuples(st.sampled_from([0.5, 0.7, 0.9, 0.99]), st.booleans(), st.just(1.0)), max_size=120
)


@given(st.integers(0, 400), st.integers(1, 400), st.floats(0.001, 0.999))
def test_binomial_tail_is_that_of_scipy(successes, trials, probability):
    assert binomial.tail(successes, trials, probability) == pytest.approx(
        stats.binom.cdf(successes, trials, probability), rel=1e-8, abs=1e-12
    )


@given(st.integers(0, 300), st.integers(1, 10_000))
def test_upper_bound_is_the_quantile_of_a_beta_distribution(successes, trials):
    expected = 1.0 if successes >= trials else stats.beta.ppf(0.95, successes + 1, trials - successes)
    assert binomial.upper_bound(successes, trials, 0.05) == pytest.approx(expected, rel=1e-8)


def test_rule_of_three_made_exact():
    # Hanley & Lippman-Hand (1983): no event among 300 leaves at most about 1%.
    assert binomial.upper_bound(0, 300, 0.05) == pytest.approx(0.00994, abs=5e-6)
    assert (least_answers(0.02, 0.95), least_answers(0.01, 0.95)) == (149, 299)


def test_certify_is_learn_then_test_by_a_textbook_fixed_sequence():
    chance = np.random.default_rng(3)
    scores = chance.beta(6, 1, 2000)
    wrong = chance.random(2000) < (1 - scores) / 4
    tried = np.quantile(scores, [0.9, 0.8, 0.6, 0.4, 0.2, 0.1, 0])
    expected = None
    for threshold in tried:
        above = scores >= threshold
        if stats.binomtest(int(wrong[above].sum()), int(above.sum()), 0.03, "less").pvalue > 0.05:
            break
        expected = threshold
    found = certify(
        zip(scores, wrong, np.ones(2000), strict=True), budget=0.03, confidence=0.95, thresholds=tried
    )
    assert expected is not None
    assert found.threshold == expected
    assert found.bound <= 0.03
    assert found.error_rate == wrong[scores >= expected].mean()


@pytest.mark.filterwarnings("ignore:Fixed sequence testing requires a monotonic risk")
@pytest.mark.parametrize("seed", range(5))
def test_certify_has_the_threshold_that_mapie_controls_the_precision_with(seed):
    chance = np.random.default_rng(seed)
    scores = chance.beta(6, 1, 3000)
    wrong = chance.random(3000) < (1 - scores) / 3
    tried = np.quantile(scores, np.linspace(0.95, 0, 20))
    controller = BinaryClassificationController(
        lambda x: np.column_stack([1 - x[:, 0], x[:, 0]]),
        risk="precision",
        target_level=0.97,
        confidence_level=0.9,
        list_predict_params=tried,
        fwer_method="fixed_sequence",
    ).calibrate(scores[:, None], (~wrong).astype(int))
    found = certify(
        zip(scores, wrong, np.ones(3000), strict=True), budget=0.03, confidence=0.9, thresholds=tried
    )
    assert found.threshold == controller.valid_predict_params.min()


@given(ANSWERS, st.randoms())
def test_the_order_of_answers_is_of_no_account(answers, chance):
    shuffled = chance.sample(answers, len(answers))
    terms = {"budget": 0.1, "confidence": 0.9}
    assert certify(answers, **terms) == certify(shuffled, **terms)


@given(ANSWERS)
def test_a_larger_budget_accepts_no_less(answers):
    thresholds = [0.99, 0.9, 0.7, 0.5]
    small, large = (
        certify(answers, budget=budget, confidence=0.8, thresholds=thresholds).threshold
        for budget in (0.1, 0.2)
    )
    # The larger budget may begin at a stricter threshold, which fewer answers suffice for: that one may fail.
    enough = sum(answer[0] >= 0.99 for answer in answers) >= least_answers(0.1, 0.8)
    assert small is None or not enough or (large is not None and large <= small)


@pytest.mark.parametrize(("count", "proved"), [(148, False), (149, True)])
def test_certify_one_confidence_for_all_wants_the_least_number_of_answers(count, proved):
    found = certify([(1.0, False, 1.0)] * count, budget=0.02, confidence=0.95)
    assert (found.threshold == 1.0) is proved


def test_certify_accepts_nothing_of_a_model_that_is_always_wrong():
    assert certify([(0.99, True, 1.0)] * 1000, budget=0.02, confidence=0.95).threshold is None


def test_certify_leaves_out_what_has_no_confidence():
    found = certify(
        [(float("nan"), True, 1.0)] * 50 + [(0.9, False, 1.0)] * 400, budget=0.02, confidence=0.95
    )
    assert (found.threshold, found.answers) == (0.9, 400)


@pytest.mark.parametrize(
    ("answers", "budget"), [([(0.9, False, 0.0)], 0.02), ([(0.9, False, 1.5)], 0.02), ([], 0.0), ([], 1.0)]
)
def test_certify_refuses_what_is_out_of_range(answers, budget):
    with pytest.raises(ValueError, match="above 0"):
        certify(answers, budget=budget, confidence=0.95)


def test_certify_weighs_answers_by_their_inclusion():
    """Errors that are seldom looked at count for more: unweighted 1.2% of the answers, weighted 5%."""
    answers = [(0.9, False, 1.0)] * 4000 + [(0.9, False, 0.05)] * 150 + [(0.9, True, 0.05)] * 50
    found = certify(answers, budget=0.02, confidence=0.95)
    assert found.threshold is None
    assert found.error_rate == pytest.approx(50 / 0.05 / (4000 + 200 / 0.05))


def test_weighted_certificates_seldom_break_the_budget():
    """At the null itself, 5% wrong, audited unequally: at most 10% may be certified."""
    chance = np.random.default_rng(0)
    proved = 0
    for _ in range(200):
        inclusion = np.where(chance.random(2000) < 0.5, 0.1, 0.3)
        wrong = chance.random(2000) < np.where(inclusion == 0.1, 0.02, 0.08)
        seen = chance.random(2000) < inclusion
        found = certify(
            zip(np.full(seen.sum(), 0.9), wrong[seen], inclusion[seen], strict=True),
            budget=0.05,
            confidence=0.9,
        )
        proved += found.threshold is not None
    assert proved <= 20


def test_the_boundary_is_crossed_no_more_often_than_promised_looking_after_every_answer():
    """Every path, one answer at a time, without the grid by which the boundary was made."""
    budget, confidence = 0.2, 0.9
    limits = boundary(budget, confidence).limit(np.arange(1, 2001))
    alive, crossed = np.array([1.0]), 0.0
    for limit in limits:
        alive = np.append(alive * (1 - budget), 0) + np.append(0, alive * budget)
        crossed += alive[: limit + 1].sum()
        alive[: limit + 1] = 0
    assert 0.08 < crossed <= 0.1


@pytest.mark.parametrize("good", [0.0, 0.3])
def test_no_threshold_is_proved_wrongly_whichever_sequence_comes_to_it(good):
    """The surest share `good` is never wrong, all others just too often for any threshold below: δ is 20%."""
    chance = np.random.default_rng(5)
    rate = min(1.0, 0.105 / (1 - good))
    wrongly = 0
    for _ in range(40):
        evidence = Evidence(budget=0.1, confidence=0.8)
        proved = set()
        for confidence, unlucky in zip(chance.random(500).tolist(), chance.random(500).tolist(), strict=True):
            wrong = confidence < 1 - good and unlucky < rate
            if (
                evidence.absorb(confidence, wrong)
                and (found := evidence.certification().threshold) is not None
            ):
                proved.add(found)
        # From c on the rate is rate × (1 - good - c) / (1 - c).
        wrongly += any(rate * max(0, 1 - good - c) / (1 - c) > 0.1 for c in proved)
    assert wrongly <= 12
