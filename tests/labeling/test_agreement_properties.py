"""What holds of agreement whatever the answers."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.domain.agreement import Level, Weights, report
from tests.labeling.agreement_tables import answers

LABELS = ["1", "2", "3", "5"]
REPORTS = st.tuples(st.sampled_from(Level), st.sampled_from(Weights))
SYMMETRIC = st.sampled_from(
    [(level, weights) for level in ("nominal", "ordinal", "interval") for weights in Weights]
)


@st.composite
def crowds(draw, least: int = 0):
    """Rows of a crowd in which nobody answers an item twice."""
    cells = st.tuples(st.integers(0, 7), st.integers(0, 4))
    said = draw(st.dictionaries(cells, st.sampled_from(LABELS), min_size=least, max_size=25))
    return [(f"i{item}", f"a{annotator}", label) for (item, annotator), label in said.items()]


def figures(rows, level="nominal", weights="identity", labels=LABELS, **options):
    options.setdefault("bootstrap", 0)
    return report(answers(rows, labels), level=Level(level), weights=Weights(weights), **options)


def assert_same(found, expected):
    """Equal but for rounding, at any depth."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            assert_same(found[key], expected[key])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-9)
    else:
        assert found == expected


@given(crowds(), REPORTS, st.integers(0, 20))
def test_every_figure_is_a_number_or_null_with_a_reason(rows, kind, bootstrap):
    found = figures(rows, *kind, bootstrap=bootstrap, with_dawid_skene=True)
    json.dumps(found, allow_nan=False)
    for figure in [
        *found["coefficients"].values(),
        *({"value": one["alpha"], **one} for one in found["labels"].values()),
    ]:
        assert (figure["value"] is None) == bool(figure.get("reason"))
        assert figure["value"] is None or figure["value"] <= 1
        if figure["ci"] is not None:
            low, high = figure["ci"]
            assert low <= high <= 1
    assert all(pair["items"] > 0 for pair in found["pairs"])


@given(crowds(), REPORTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, kind, chance):
    shuffled = chance.sample(rows, len(rows))
    assert_same(figures(shuffled, *kind), figures(rows, *kind))


@given(crowds(), REPORTS)
def test_the_names_of_annotators_do_not_matter(rows, kind):
    renamed = {f"a{number}": f"z{9 - number}" for number in range(5)}
    found = figures([(item, renamed[annotator], label) for item, annotator, label in rows], *kind)
    expected = figures(rows, *kind)
    assert_same(found["coefficients"], expected["coefficients"])
    assert_same(found["labels"], expected["labels"])
    assert_same(found["annotators"], {renamed[name]: one for name, one in expected["annotators"].items()})
    assert_same(
        {frozenset((pair["a"], pair["b"])): pair["kappa"] for pair in found["pairs"]},
        {frozenset((renamed[pair["a"]], renamed[pair["b"]])): pair["kappa"] for pair in expected["pairs"]},
    )


@given(crowds(), st.permutations(LABELS))
def test_the_names_of_labels_do_not_matter(rows, permuted):
    renamed = dict(zip(LABELS, permuted, strict=True))
    found = figures([(item, annotator, renamed[label]) for item, annotator, label in rows])
    expected = figures(rows)
    assert_same(found["coefficients"], expected["coefficients"])
    assert_same(found["annotators"], expected["annotators"])
    assert_same(found["pairs"], expected["pairs"])
    assert_same(found["labels"], {renamed[name]: one for name, one in expected["labels"].items()})
    assert_same(found["prevalence"], {renamed[name]: share for name, share in expected["prevalence"].items()})


@given(crowds(), SYMMETRIC)
def test_an_order_of_labels_may_be_read_from_either_end(rows, kind):
    turned = {label: str(6 - int(label)) for label in LABELS}
    found = figures(
        [(item, annotator, turned[label]) for item, annotator, label in rows],
        *kind,
        labels=[turned[label] for label in reversed(LABELS)],
    )
    assert_same(found["coefficients"], figures(rows, *kind)["coefficients"])


@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=8), st.integers(2, 4), REPORTS)
def test_perfect_agreement_is_exactly_1_where_there_is_variation(truth, annotators, kind):
    rows = [(f"i{i}", f"a{a}", label) for i, label in enumerate(truth) for a in range(annotators)]
    found = figures(rows, *kind)["coefficients"]
    varied = len(set(truth)) > 1
    for name in ("krippendorff_alpha", "fleiss_kappa", "conger_kappa"):
        assert found[name]["value"] == (1 if varied else None)
        assert found[name].get("reason", "").startswith("" if varied else "no variation")
    for name in (
        "percent_agreement",
        "brennan_prediger",
        "gwet_ac1" if kind[1] == "identity" else "gwet_ac2",
    ):
        assert found[name]["value"] == 1


@given(crowds(least=1), REPORTS)
def test_two_copies_of_the_data_leave_all_but_alphas_correction_for_few_answers(rows, kind):
    twice = rows + [(f"copy of {item}", annotator, label) for item, annotator, label in rows]
    found, expected = figures(twice, *kind)["coefficients"], figures(rows, *kind)["coefficients"]
    sizes = [sum(row[0] == item for row in rows) for item in {row[0] for row in rows}]
    pairable = sum(size for size in sizes if size > 1)
    for name, figure in expected.items():
        if figure["value"] is None:
            assert found[name]["value"] is None
        elif name == "krippendorff_alpha":
            # D_e has N (N - 1) below it, N being the number of pairable answers; all else doubles or stays.
            grown = (2 * pairable - 1) / (2 * (pairable - 1))
            assert 1 - found[name]["value"] == pytest.approx((1 - figure["value"]) * grown)
        else:
            assert found[name]["value"] == pytest.approx(figure["value"], abs=1e-12)


@given(crowds(least=1), REPORTS)
def test_a_repeated_answer_counts_once_the_latest(rows, kind):
    earlier = [(item, annotator, random.Random(label).choice(LABELS)) for item, annotator, label in rows[:3]]
    found = figures(earlier + rows, *kind)
    assert found.pop("repeated") == len(earlier)
    expected = figures(rows, *kind)
    assert expected.pop("repeated") == 0
    assert_same(found, expected)


@given(crowds())
def test_an_item_with_one_answer_counts_for_prevalence_and_not_for_alpha(rows):
    alone = [*rows, ("alone", "a0", "5")]
    found, expected = figures(alone), figures(rows)
    assert found["pairable_items"] == expected["pairable_items"]
    assert found["items"] == expected["items"] + 1
    assert_same(
        found["coefficients"]["krippendorff_alpha"]["value"],
        expected["coefficients"]["krippendorff_alpha"]["value"],
    )
    assert found["prevalence"]["5"] == pytest.approx(
        ((expected["prevalence"]["5"] or 0) * expected["items"] + 1) / found["items"]
    )


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "no answers"),
        ([("i1", "a", "1"), ("i2", "b", "2")], "nothing pairable"),
        ([("i1", "a", "1"), ("i1", "b", "1")], "no variation"),
    ],
)
def test_the_reason_says_why_a_figure_is_undefined(rows, reason):
    found = figures(rows, bootstrap=10)["coefficients"]["krippendorff_alpha"]
    assert found["value"] is None
    assert found["reason"].startswith(reason)
    assert (found["ci"], found["se"]) == (None, None)


@pytest.mark.parametrize("labels", [["1"], ["1", "2"], LABELS])
def test_without_variation_ac1_and_brennan_prediger_stay_defined(labels):
    rows = [(f"i{item}", annotator, "1") for item in range(3) for annotator in "ab"]
    found = figures(rows, labels=labels)["coefficients"]
    assert (found["gwet_ac1"]["value"], found["brennan_prediger"]["value"]) == (1, 1)
    assert found["cohen_kappa"]["value"] is None
