"""Intervals and standard errors: what is drawn, that a seed repeats it, and that the two kinds agree."""

import numpy as np
import pytest

from labeling.domain.agreement import Level, Weights, patterns, report
from labeling.domain.agreement import distances as apart
from labeling.domain.agreement import krippendorff as ours
from labeling.domain.agreement.bootstrap import intervals, replicates
from tests.labeling.agreement_tables import FOUR_OBSERVERS, PSYCHIATRISTS, answers


def crowd(items: int, seed: int = 0, least: int = 0):
    """Five annotators of whom about seven in ten answer an item; without items that fewer than `least` answered."""
    chance = np.random.default_rng(seed)
    rows = []
    for item in range(items):
        truth = chance.choice(4, p=[0.55, 0.25, 0.15, 0.05])
        shown = np.flatnonzero(chance.random(5) < 0.7)
        for annotator in shown if len(shown) >= least else ():
            label = truth if chance.random() < 0.75 else chance.integers(4)
            rows.append((f"i{item}", f"a{annotator}", "abcd"[label]))
    return answers(rows, "abcd")


def test_a_replicate_is_as_many_items_drawn_from_all():
    table = patterns(answers(PSYCHIATRISTS, "12345"))
    drawn = np.concatenate(list(replicates(table.times, count=2_000, seed=7)))
    assert drawn.shape == (2_000, len(table.times))
    assert (drawn.sum(axis=1) == 30).all()
    np.testing.assert_allclose(drawn.mean(axis=0), table.times, atol=0.15)


def test_the_interval_is_that_of_drawing_items_one_by_one():
    table = crowd(150)
    counted = patterns(table)
    chance, values = np.random.default_rng(1), []
    distances = apart.metric(Level.NOMINAL, table.labels)
    for _ in range(2_000):
        drawn = counted.of_item[chance.integers(len(table.items), size=len(table.items))]
        times = np.bincount(drawn[drawn >= 0], minlength=len(counted.times)).astype(float)
        values.append(ours.alpha(counted, times[None, :], distances)[0])
    found = report(table, bootstrap=2_000)["coefficients"]["krippendorff_alpha"]["ci"]
    np.testing.assert_allclose(found, np.percentile(values, (2.5, 97.5)), atol=0.015)


@pytest.mark.parametrize("weights", list(Weights))
def test_intervals_agree_with_standard_errors(weights):
    # Gwet's error counts an item with one answer as agreement unknown, and is wider for it than the bootstrap's.
    found = report(crowd(600, least=2), weights=weights, bootstrap=2_000)["coefficients"]
    for name, figure in found.items():
        low, high = figure["ci"]
        assert (high - low) / (2 * 1.96) == pytest.approx(figure["se"], rel=0.1), name
        assert low < figure["value"] < high, name


def test_the_same_seed_gives_the_same_interval_to_the_digit():
    table = crowd(40)
    assert report(table, seed=3, bootstrap=50) == report(table, seed=3, bootstrap=50)
    assert (
        report(table, seed=4, bootstrap=50)["coefficients"]
        != report(table, seed=3, bootstrap=50)["coefficients"]
    )


def test_no_bootstrap_means_no_intervals_and_leaves_standard_errors():
    found = report(answers(FOUR_OBSERVERS, "12345"), bootstrap=0)
    assert all(figure["ci"] is None for figure in found["coefficients"].values())
    assert all(label["ci"] is None for label in found["labels"].values())
    assert found["coefficients"]["gwet_ac1"]["se"] == pytest.approx(0.14295, abs=6e-6)


def test_alpha_has_no_standard_error_at_the_ordinal_level():
    found = report(answers(FOUR_OBSERVERS, "12345"), level=Level.ORDINAL, bootstrap=200)
    assert found["coefficients"]["krippendorff_alpha"]["se"] is None
    assert found["coefficients"]["krippendorff_alpha"]["ci"] is not None


def test_one_item_gives_a_value_without_an_interval():
    found = report(answers([("i", "a", "x"), ("i", "b", "y")], "xy"), bootstrap=100)["coefficients"]
    assert found["krippendorff_alpha"]["value"] == 0
    assert found["krippendorff_alpha"]["ci"] is None
    assert found["krippendorff_alpha"]["se"] is None


def test_a_statistic_undefined_in_most_replicates_has_no_interval():
    def rarely(times):
        return np.where(np.arange(len(times)) % 3 == 0, 1.0, np.nan)

    def mostly(times):
        return np.where(np.arange(len(times)) % 3 == 0, np.nan, 1.0)

    found = intervals(np.array([5.0, 5.0]), {"rarely": rarely, "mostly": mostly}, count=99, seed=0)
    assert np.isnan(found["rarely"]).all()
    assert found["mostly"].tolist() == [1, 1]


def test_conger_draws_rows_as_long_as_they_fit_and_comes_to_the_same_by_its_error(monkeypatch):
    table = crowd(600)
    drawn = report(table, bootstrap=2_000)["coefficients"]["conger_kappa"]
    monkeypatch.setattr("labeling.domain.agreement.conger.MOST_CELLS", 100)
    by_error = report(table, bootstrap=2_000)["coefficients"]["conger_kappa"]
    assert by_error["value"] == drawn["value"]
    assert by_error["ci"] != drawn["ci"]
    np.testing.assert_allclose(by_error["ci"], drawn["ci"], atol=0.006)
