"""Agreement against independent implementations, on crowds with gaps."""

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from labeling.domain.agreement import Answers, Level, Weights, patterns, report
from labeling.domain.agreement import distances as apart
from labeling.domain.agreement import krippendorff as ours

LABELS = ["1", "2", "4", "7", "9"]


def crowd(seed: int, *, items: int = 60, annotators: int = 7, given: float = 0.6) -> Answers:
    chance = np.random.default_rng(seed)
    item, annotator = np.nonzero(chance.random((items, annotators)) < given)
    truth = chance.choice(len(LABELS), size=items, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    knows = chance.random(len(item)) < 0.7
    label = np.where(knows, truth[item], chance.integers(len(LABELS), size=len(item)))
    names = [f"item {number}" for number in range(items)], [f"a{number}" for number in range(annotators)]
    return Answers(*names, LABELS, item, annotator, label)


def matrix(answers: Answers, values: np.ndarray) -> np.ndarray:
    table = np.full((len(answers.annotators), len(answers.items)), np.nan)
    table[answers.annotator, answers.item] = values[answers.label]
    return table


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_that_of_krippendorffs_package(level, seed):
    answers = crowd(seed)
    numeric = np.array([float(label) for label in LABELS])
    expected = krippendorff.alpha(
        matrix(answers, numeric), value_domain=list(numeric), level_of_measurement=str(level)
    )
    found = report(answers, level=level, bootstrap=0)["coefficients"]["krippendorff_alpha"]["value"]
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_of_each_label_is_alpha_of_that_label_or_not(seed):
    answers = crowd(seed)
    found = report(answers, bootstrap=0)["labels"]
    for place, label in enumerate(LABELS):
        one = np.where(np.arange(len(LABELS)) == place, 1.0, 0.0)
        expected = krippendorff.alpha(matrix(answers, one), level_of_measurement="nominal")
        assert found[label]["alpha"] == pytest.approx(expected, abs=1e-12)
        assert found[label]["support"] == (answers.label == place).sum()


@pytest.mark.parametrize("weights", list(Weights))
@pytest.mark.parametrize("seed", range(3))
def test_every_pair_is_scikit_learns_cohen_kappa(weights, seed):
    answers = crowd(seed)
    table = matrix(answers, np.arange(len(LABELS)))
    found = report(answers, weights=weights, bootstrap=0)["pairs"]
    assert len(found) == 21
    for pair in found:
        first, second = (table[answers.annotators.index(pair[name])] for name in "ab")
        both = ~np.isnan(first) & ~np.isnan(second)
        assert pair["items"] == both.sum()
        expected = cohen_kappa_score(
            first[both],
            second[both],
            labels=range(len(LABELS)),
            weights=None if weights == Weights.IDENTITY else str(weights),
        )
        assert pair["kappa"] == pytest.approx(expected, abs=1e-12)


def test_two_annotators_have_the_cohen_kappa_of_their_pair_and_its_error_is_congers():
    answers = crowd(1, annotators=2, given=1.0)
    found = report(answers, bootstrap=0)
    assert found["coefficients"]["cohen_kappa"]["value"] == pytest.approx(found["pairs"][0]["kappa"])
    assert found["coefficients"]["cohen_kappa"] == found["coefficients"]["conger_kappa"]


@pytest.mark.parametrize("level", list(Level))
def test_alpha_without_an_annotator_is_alpha_of_the_others(level):
    answers = crowd(3, items=25)
    found = report(answers, level=level, bootstrap=0)["annotators"]
    for place, name in enumerate(answers.annotators):
        others = patterns(answers.only(answers.annotator != place))
        expected = ours.alpha(others, others.times[None, :], apart.metric(level, LABELS))[0]
        assert found[name]["alpha_without"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weights", list(Weights))
def test_agreement_with_others_is_the_mean_over_ones_answers(weights):
    answers = crowd(4, items=25)
    agree = 1 - apart.weighted(weights, len(LABELS))
    found = report(answers, weights=weights, bootstrap=0)["annotators"]
    for place, name in enumerate(answers.annotators):
        shares = []
        for item, label in zip(
            answers.item[answers.annotator == place], answers.label[answers.annotator == place], strict=True
        ):
            others = answers.label[(answers.item == item) & (answers.annotator != place)]
            if len(others):
                shares.append(np.mean(agree[label, others]))
        assert found[name]["agreement_with_others"] == pytest.approx(np.mean(shares))
        assert found[name]["answers"] == (answers.annotator == place).sum()


def test_weights_of_ones_own_do_what_the_same_by_name_do():
    answers = crowd(5)
    for name in Weights:
        own = report(answers, weights=1 - apart.weighted(name, len(LABELS)), bootstrap=0)
        by_name = report(answers, weights=name, bootstrap=0)
        assert own["pairs"] == by_name["pairs"]
        assert own["coefficients"]["krippendorff_alpha"] == by_name["coefficients"]["krippendorff_alpha"]
        assert own["weights"] == "given"


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (np.eye(4), "must be of shape"),
        (2 * np.eye(5), "from 0 to 1"),
        (np.full((5, 5), np.nan), "from 0 to 1"),
        (np.tri(5), "symmetric"),
        (np.zeros((5, 5)), "symmetric"),
    ],
)
def test_weights_that_are_none_are_refused(weights, says):
    with pytest.raises(ValueError, match=says):
        report(crowd(5), weights=weights, bootstrap=0)
