"""Every figure that follows from counts alone: items by pattern, who said what of which, and who met whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from labeling.domain.agreement import coefficients, krippendorff
from labeling.domain.agreement.annotators import Said, agreement_with_others, alpha_without, said_of
from labeling.domain.agreement.answers import Answers, Floats
from labeling.domain.agreement.bootstrap import intervals
from labeling.domain.agreement.figures import figure, number, why_not
from labeling.domain.agreement.pairs import PairCells, pair_cells, pair_kappas
from labeling.domain.agreement.patterns import Patterns, patterns

HIGH_AGREEMENT, LOW_KAPPA, GAP = 0.7, 0.6, 0.2
BY_CHANCE = {
    "percent_agreement": coefficients.percent_agreement,
    "fleiss_kappa": coefficients.fleiss_kappa,
    "brennan_prediger": coefficients.brennan_prediger,
    "gwet_ac": coefficients.gwet_ac,
}


@dataclass(frozen=True)
class Counted:
    """Answers, of which each annotator has one an item, as counts; `said` and `pairs` hold places in the names."""

    labels: Sequence[str]
    annotators: Sequence[str]
    patterns: Patterns
    said: Said
    pairs: PairCells


def counted_of(answers: Answers) -> Counted:
    """Of answers where nobody answers an item twice (see `Answers.latest`)."""
    found = patterns(answers)
    return Counted(answers.labels, answers.annotators, found, said_of(answers, found), pair_cells(answers))


def figures_of(
    counted: Counted,
    kappas: Mapping[str, dict[str, Any]],
    *,
    disagreements: Floats,
    distances: Floats | None,
    ac: str = "gwet_ac1",
    bootstrap: int = 1_000,
    seed: int = 0,
) -> dict[str, Any]:
    """`items, annotators, annotations, pairable_items, prevalence, coefficients, labels, pairs, paradox`.

    kappas: the figures of Conger's κ, and of Cohen's where there is one: they do not follow from the counts alone.
    disagreements, distances: see `coefficients` and `krippendorff.alpha`; ac: what Gwet's coefficient is called.
    """
    found = counted.patterns
    figures, of_labels = _figures(counted, disagreements, distances, bootstrap, seed)
    figures |= kappas
    names = (
        "percent_agreement",
        "cohen_kappa",
        "conger_kappa",
        "fleiss_kappa",
        "brennan_prediger",
        "gwet_ac",
    )
    named = {ac if name == "gwet_ac" else name: figures[name] for name in names if name in figures}
    shares = coefficients.prevalence(found, found.times[None, :])[0]
    return {
        "items": int(found.times.sum()),
        "annotators": _annotators(counted, disagreements, distances),
        "annotations": int(counted.said.count.sum()),
        "pairable_items": int(found.times @ found.pairable),
        "prevalence": {name: number(share) for name, share in zip(counted.labels, shares, strict=True)},
        "coefficients": named | {"krippendorff_alpha": figures["krippendorff_alpha"]},
        "labels": of_labels,
        "pairs": _pairs(counted, disagreements),
        "paradox": is_paradox(
            *(figures[name]["value"] for name in ("percent_agreement", "fleiss_kappa", "gwet_ac"))
        ),
    }


def is_paradox(agreement: float | None, kappa: float | None, ac: float | None) -> bool:
    """Whether high agreement stands beside a low κ because one label is far more frequent than the rest.

    Feinstein and Cicchetti 1990. Our bounds: agreement ≥ 0.7, κ < 0.6, and AC, which does not fall with prevalence,
    at least 0.2 above κ.
    """
    if agreement is None or kappa is None or ac is None:
        return False
    return agreement >= HIGH_AGREEMENT and kappa < LOW_KAPPA and ac - kappa >= GAP


def _figures(
    counted: Counted, disagreements: Floats, distances: Floats | None, bootstrap: int, seed: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The coefficients by name, and α of each label against the rest."""
    found = counted.patterns
    statistics: dict[str, Callable[[Floats], Floats]] = {
        name: partial(coefficients.coefficient, expected, found, disagreements)
        for name, expected in BY_CHANCE.items()
    }
    statistics["krippendorff_alpha"] = partial(krippendorff.alpha, found, distances=distances)
    statistics["labels"] = partial(krippendorff.of_each_label, found)
    once = found.times[None, :]
    values = {name: statistic(once)[0] for name, statistic in statistics.items()}
    ends = intervals(found.times, statistics, count=bootstrap, seed=seed)
    errors = {
        name: coefficients.standard_error(expected, found, disagreements)
        for name, expected in BY_CHANCE.items()
    }
    # The ordinal metric is itself estimated from the answers: no analytic error exists for it.
    errors["krippendorff_alpha"] = (
        krippendorff.standard_error(found, distances) if distances is not None else np.nan
    )
    reason = why_not(found)
    figures = {
        name: figure(values[name], reason, ends=ends.get(name), standard_error=error)
        for name, error in errors.items()
    }
    support = found.times @ found.counts
    return figures, {
        name: _of_label(values["labels"][place], reason, int(support[place]), ends.get("labels"), place)
        for place, name in enumerate(counted.labels)
    }


def _of_label(value: float, reason: str, support: int, ends: Floats | None, place: int) -> dict[str, Any]:
    """`support` is the number of answers with this label."""
    shown = figure(
        value, reason if support else "not used", ends=ends[:, place] if ends is not None else None
    )
    return {
        "alpha": shown["value"],
        **({"reason": shown["reason"]} if "reason" in shown else {}),
        "ci": shown["ci"],
        "support": support,
    }


def _pairs(counted: Counted, disagreements: Floats) -> list[dict[str, Any]]:
    a, b, items, kappa = pair_kappas(counted.pairs, disagreements)
    return [
        {
            "a": counted.annotators[first],
            "b": counted.annotators[second],
            "items": count,
            "kappa": None if value != value else value,
        }
        for first, second, count, value in zip(
            a.tolist(), b.tolist(), items.tolist(), kappa.tolist(), strict=True
        )
    ]


def _annotators(counted: Counted, disagreements: Floats, distances: Floats | None) -> dict[str, Any]:
    people = len(counted.annotators)
    given = np.bincount(counted.said.annotator, weights=counted.said.count, minlength=people)
    agreement = agreement_with_others(counted.said, people, counted.patterns, disagreements)
    without = alpha_without(counted.said, people, counted.patterns, distances)
    return {
        name: {
            "answers": int(given[place]),
            "agreement_with_others": number(agreement[place]),
            "alpha_without": number(without[place]),
        }
        for place, name in enumerate(counted.annotators)
    }
