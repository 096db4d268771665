"""Dawid-Skene: the paper's own figures, and what must hold of any crowd."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.domain.agreement import Answers, dawid_skene, report
from tests.labeling.agreement_tables import ANAESTHETISTS, answers

# Dawid and Skene 1979, table 3: observer 1's rates, by true class.
FIRST_OBSERVER = [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.44, 0.56]]


def test_the_papers_anaesthetists():
    found = dawid_skene(answers(ANAESTHETISTS, "1234"))
    np.testing.assert_allclose(found.prevalence, [0.40, 0.42, 0.11, 0.07], atol=5e-3)
    np.testing.assert_allclose(found.confusion[0][:2], FIRST_OBSERVER[:2], atol=5.1e-3)
    assert found.log_likelihood[-1] == pytest.approx(-192.8909, abs=1e-3)
    assert found.posterior[0, 0] == pytest.approx(1, abs=5e-3)
    assert found.posterior[1, 3] == pytest.approx(1, abs=5e-3)


def test_the_report_names_items_annotators_and_labels():
    found = report(answers(ANAESTHETISTS, "1234"), bootstrap=0, with_dawid_skene=True)
    assert (found["annotations"], found["repeated"]) == (225, 90)
    judged = found["dawid_skene"]
    assert list(judged["prevalence"]) == ["1", "2", "3", "4"]
    assert judged["items"]["patient 2"]["4"] == pytest.approx(1, abs=5e-3)
    assert judged["annotators"]["observer 1"][0][0] == pytest.approx(0.89, abs=5.1e-3)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 6), st.integers(0, 3)), st.integers(0, 2), min_size=1, max_size=25
    )
)
def test_shares_sum_to_1_and_the_likelihood_never_falls(said):
    rows = [(f"i{item}", f"a{annotator}", "xyz"[label]) for (item, annotator), label in said.items()]
    found = dawid_skene(answers(rows, "xyz"))
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)
    np.testing.assert_allclose(found.confusion.sum(axis=2), 1)
    assert found.prevalence.sum() == pytest.approx(1)
    assert (np.diff(found.log_likelihood) > 0).all()
    assert ((found.entropy() >= -1e-12) & (found.entropy() <= np.log2(3) + 1e-9)).all()


def test_it_finds_the_truth_behind_a_careless_majority():
    """Two who know against three who mix the labels up: votes are wrong where confusion matrices are not."""
    chance = np.random.default_rng(0)
    truth = chance.integers(2, size=400)
    skill = [0.95, 0.95, 0.3, 0.35, 0.3]
    rows = []
    for item, true in enumerate(truth):
        for annotator, knows in enumerate(skill):
            label = true if chance.random() < knows else 1 - true
            rows.append((f"i{item}", f"a{annotator}", "xy"[label]))
    table = answers(rows, "xy")
    found = dawid_skene(table).posterior.argmax(axis=1)
    votes = np.bincount(table.item, weights=table.label) > 2.5
    right = max((found == truth).mean(), (found != truth).mean())
    assert right > 0.95
    assert (votes == truth).mean() < 0.7


def test_a_split_item_is_ranked_above_a_unanimous_one():
    rows = [(f"i{item}", f"a{a}", "xy"[item % 2]) for item in range(10) for a in range(2)]
    found = dawid_skene(answers([*rows, ("split", "a0", "x"), ("split", "a1", "y")], "xy"))
    assert found.entropy().argmax() == 10
    assert found.entropy()[:10].max() < 0.1


def test_an_item_without_answers_is_not_judged_and_no_answers_are_refused():
    one = np.array([0])
    found = dawid_skene(Answers(["answered", "not"], ["a"], ["x", "y"], one, one, one))
    assert np.isnan(found.posterior[1]).all()
    assert found.posterior[0, 0] > 0.9
    with pytest.raises(ValueError, match="no answers"):
        dawid_skene(answers([], "xy"))
    assert report(answers([], "xy"), with_dawid_skene=True)["dawid_skene"]["log_likelihood"] is None
