"""Agreement coefficients against tables as they were printed."""

import pytest

from labeling.domain.agreement import Level, Weights, report
from tests.labeling.agreement_tables import (
    FOUR_OBSERVERS,
    PREGNANCIES,
    PSYCHIATRISTS,
    answers,
    contingency,
)

PRINTED = 6e-6


def coefficients(rows, labels, **options):
    return report(answers(rows, labels), bootstrap=0, **options)["coefficients"]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        # K. L. Gwet's irrCAC (2019), its tables for this example: value and standard error.
        (
            Weights.IDENTITY,
            {
                "percent_agreement": (0.818182, 0.12561),
                "conger_kappa": (0.76282, 0.14917),
                "fleiss_kappa": (0.76117, 0.15302),
                "brennan_prediger": (0.77273, 0.14472),
                "gwet_ac1": (0.77544, 0.14295),
                "krippendorff_alpha": (0.74342, 0.14557),
            },
        ),
        (
            Weights.QUADRATIC,
            {
                "conger_kappa": (0.85771, 0.14367),
                "fleiss_kappa": (0.86494, 0.14603),
                "brennan_prediger": (0.90152, 0.11089),
                "gwet_ac2": (0.914, 0.10396),
                "krippendorff_alpha": (0.84911, 0.12913),
            },
        ),
    ],
)
def test_four_observers(weights, expected):
    found = coefficients(FOUR_OBSERVERS, "12345", weights=weights)
    for name, (value, standard_error) in expected.items():
        assert found[name]["value"] == pytest.approx(value, abs=PRINTED), name
        assert found[name]["se"] == pytest.approx(standard_error, abs=PRINTED), name


@pytest.mark.parametrize(
    ("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_at_every_level(level, expected):
    """Krippendorff 2011, the same table."""
    found = coefficients(FOUR_OBSERVERS, "12345", level=Level(level))
    assert found["krippendorff_alpha"]["value"] == pytest.approx(expected, abs=5e-4)


def test_fleiss_kappa_of_six_psychiatrists():
    """Fleiss 1971 prints 0.430."""
    assert coefficients(PSYCHIATRISTS, "12345")["fleiss_kappa"]["value"] == pytest.approx(0.430, abs=5e-4)


@pytest.mark.parametrize(
    ("weights", "cohen", "brennan_prediger", "gwet"),
    [("identity", 0.7964094, 0.835, 0.8493305), ("quadratic", 0.8921569, 0.9175, 0.9402369)],
)
def test_two_abstractors(weights, cohen, brennan_prediger, gwet):
    """Gwet 2014, chapter 2."""
    found = coefficients(PREGNANCIES, ["ectopic", "abnormal", "normal"], weights=Weights(weights))
    assert found["cohen_kappa"]["value"] == pytest.approx(cohen, abs=6e-7)
    assert found["conger_kappa"]["value"] == pytest.approx(cohen, abs=6e-7)
    assert found["brennan_prediger"]["value"] == pytest.approx(brennan_prediger, abs=6e-7)
    assert found["gwet_ac1" if weights == "identity" else "gwet_ac2"]["value"] == pytest.approx(
        gwet, abs=6e-7
    )


def test_declared_labels_count_even_when_nobody_used_them():
    used, declared = (coefficients(FOUR_OBSERVERS, labels) for labels in ("12345", "123456789"))
    assert declared["brennan_prediger"]["value"] > used["brennan_prediger"]["value"]
    assert declared["gwet_ac1"]["value"] > used["gwet_ac1"]["value"]
    assert declared["krippendorff_alpha"] == used["krippendorff_alpha"]
    weighted = [
        coefficients(FOUR_OBSERVERS, labels, weights=Weights.LINEAR)["gwet_ac2"]["value"]
        for labels in ("12345", "123456789")
    ]
    assert weighted[1] > weighted[0]


@pytest.mark.parametrize(
    ("table", "kappa", "paradox"),
    [
        # Feinstein and Cicchetti 1990, "High agreement but low kappa: I", tables 1 and 2: the same 85% agreement.
        ([[40, 9], [6, 45]], 0.70, False),
        ([[80, 10], [5, 5]], 0.32, True),
        # Low agreement is no paradox, whatever κ.
        ([[45, 15], [25, 15]], 0.13, False),
    ],
)
def test_the_prevalence_paradox_is_flagged(table, kappa, paradox):
    found = report(answers(contingency(table, ["yes", "no"]), ["yes", "no"]), bootstrap=0)
    assert found["coefficients"]["cohen_kappa"]["value"] == pytest.approx(kappa, abs=5e-3)
    assert found["paradox"] is paradox
