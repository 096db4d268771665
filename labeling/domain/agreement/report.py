"""One agreement report: every figure over a table of answers, ready for JSON."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from labeling.domain.agreement import coefficients, conger, krippendorff
from labeling.domain.agreement.annotators import agreement_with_others, alpha_without
from labeling.domain.agreement.answers import Answers, Floats
from labeling.domain.agreement.bootstrap import intervals
from labeling.domain.agreement.dawid_skene import dawid_skene
from labeling.domain.agreement.distances import Level, Weights, given, metric, weighted
from labeling.domain.agreement.figures import NO_ANSWERS, figure, number, why_not
from labeling.domain.agreement.pairs import pair_cells, pair_kappas
from labeling.domain.agreement.patterns import Patterns, patterns

HIGH_AGREEMENT, LOW_KAPPA, GAP = 0.7, 0.6, 0.2


def report(
    answers: Answers,
    *,
    level: Level = Level.NOMINAL,
    weights: Weights | Floats = Weights.IDENTITY,
    bootstrap: int = 1_000,
    seed: int = 0,
    with_dawid_skene: bool = False,
) -> dict[str, Any]:
    """The object that `manage.py agreement --json` prints.

    weights: by name, or w of each two labels, shape (labels, labels). α follows `level`; at the nominal level it
    follows `weights`, as the other coefficients always do. Intervals are 95%, by drawing the items `bootstrap` times
    (0: none); standard errors are Gwet's, conditional on the annotators. Where an annotator answers an item twice the
    latest counts, except to Dawid-Skene, whose model has a place for both.
    Raises ValueError for labels that are no numbers of the level, and for weights that are none.
    """
    latest = answers.latest()
    counted = patterns(latest)
    labels = len(answers.labels)
    disagreements = weighted(weights, labels) if isinstance(weights, Weights) else given(weights, labels)
    # Identity weights are the nominal metric.
    distances = disagreements if level == Level.NOMINAL else metric(level, answers.labels)
    figures, of_labels = _figures(latest, counted, disagreements, distances, bootstrap, seed)
    named = {
        "percent_agreement": figures["percent_agreement"],
        **({"cohen_kappa": figures["cohen_kappa"]} if len(answers.annotators) == 2 else {}),
        "conger_kappa": figures["conger_kappa"],
        "fleiss_kappa": figures["fleiss_kappa"],
        "brennan_prediger": figures["brennan_prediger"],
        "gwet_ac1" if weights is Weights.IDENTITY else "gwet_ac2": figures["gwet_ac"],
        "krippendorff_alpha": figures["krippendorff_alpha"],
    }
    shares = coefficients.prevalence(counted, counted.times[None, :])[0]
    result = {
        "level": str(level),
        "weights": str(weights) if isinstance(weights, Weights) else "given",
        "bootstrap": bootstrap,
        "seed": seed,
        "items": int(counted.times.sum()),
        "annotators": _annotators(latest, counted, disagreements, distances),
        "annotations": len(latest),
        "repeated": len(answers) - len(latest),
        "pairable_items": int(counted.times @ counted.pairable),
        "prevalence": {name: number(share) for name, share in zip(answers.labels, shares, strict=True)},
        "coefficients": named,
        "labels": of_labels,
        "pairs": _pairs(latest, disagreements),
        "paradox": is_paradox(
            *(figures[name]["value"] for name in ("percent_agreement", "fleiss_kappa", "gwet_ac"))
        ),
    }
    if with_dawid_skene:
        result["dawid_skene"] = _dawid_skene(answers)
    return result


def is_paradox(agreement: float | None, kappa: float | None, ac: float | None) -> bool:
    """Whether high agreement stands beside a low κ because one label is far more frequent than the rest.

    Feinstein and Cicchetti 1990. Our bounds: agreement ≥ 0.7, κ < 0.6, and AC, which does not fall with prevalence,
    at least 0.2 above κ.
    """
    if agreement is None or kappa is None or ac is None:
        return False
    return agreement >= HIGH_AGREEMENT and kappa < LOW_KAPPA and ac - kappa >= GAP


def _figures(
    answers: Answers,
    counted: Patterns,
    disagreements: Floats,
    distances: Floats | None,
    bootstrap: int,
    seed: int,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The coefficients by name, and α of each label against the rest."""
    by_chance = {
        "percent_agreement": coefficients.percent_agreement,
        "fleiss_kappa": coefficients.fleiss_kappa,
        "brennan_prediger": coefficients.brennan_prediger,
        "gwet_ac": coefficients.gwet_ac,
    }
    statistics: dict[str, Callable[[Floats], Floats]] = {
        name: partial(coefficients.coefficient, expected, counted, disagreements)
        for name, expected in by_chance.items()
    }
    statistics["krippendorff_alpha"] = partial(krippendorff.alpha, counted, distances=distances)
    statistics["labels"] = partial(krippendorff.of_each_label, counted)
    once = counted.times[None, :]
    values = {name: statistic(once)[0] for name, statistic in statistics.items()}
    ends = intervals(counted.times, statistics, count=bootstrap, seed=seed)
    errors = {
        name: coefficients.standard_error(expected, counted, disagreements)
        for name, expected in by_chance.items()
    }
    # The ordinal metric is itself estimated from the answers: no analytic error exists for it.
    errors["krippendorff_alpha"] = (
        krippendorff.standard_error(counted, distances) if distances is not None else np.nan
    )
    reason = why_not(counted)
    figures = {
        name: figure(values[name], reason, ends=ends.get(name), standard_error=error)
        for name, error in errors.items()
    }
    figures["conger_kappa"] = _kappa(answers, counted, disagreements, bootstrap, seed)
    if len(answers.annotators) == 2:
        both = conger.answered_by_all(answers)
        figures["cohen_kappa"] = _kappa(both, patterns(both), disagreements, bootstrap, seed)
    support = np.bincount(answers.label, minlength=len(answers.labels))
    return figures, {
        name: _of_label(values["labels"][place], reason, int(support[place]), ends.get("labels"), place)
        for place, name in enumerate(answers.labels)
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


def _kappa(
    answers: Answers, counted: Patterns, disagreements: Floats, bootstrap: int, seed: int
) -> dict[str, Any]:
    """Conger's: its interval draws whole rows of answers; where they are too many, it comes from the standard error."""
    value, error = conger.conger_kappa(answers, counted, disagreements)
    ends = None
    if bootstrap and np.isfinite(value):
        drawn = conger.rows(answers, disagreements, bootstrap)
        if drawn is not None:
            ends = intervals(
                drawn.times,
                {"kappa": lambda times: conger.kappa_of_rows(drawn, times, disagreements)},
                count=bootstrap,
                seed=seed,
            ).get("kappa")
        else:
            ends = np.array(conger.normal_interval(value, error))
    return figure(value, why_not(counted), ends=ends, standard_error=error)


def _pairs(answers: Answers, disagreements: Floats) -> list[dict[str, Any]]:
    a, b, items, kappa = pair_kappas(pair_cells(answers), disagreements)
    return [
        {
            "a": answers.annotators[first],
            "b": answers.annotators[second],
            "items": count,
            "kappa": None if value != value else value,
        }
        for first, second, count, value in zip(
            a.tolist(), b.tolist(), items.tolist(), kappa.tolist(), strict=True
        )
    ]


def _annotators(
    answers: Answers, counted: Patterns, disagreements: Floats, distances: Floats | None
) -> dict[str, Any]:
    given = np.bincount(answers.annotator, minlength=len(answers.annotators))
    agreement = agreement_with_others(answers, counted, disagreements)
    without = alpha_without(answers, counted, distances)
    return {
        name: {
            "answers": int(given[place]),
            "agreement_with_others": number(agreement[place]),
            "alpha_without": number(without[place]),
        }
        for place, name in enumerate(answers.annotators)
    }


def _dawid_skene(answers: Answers) -> dict[str, Any]:
    if not len(answers):
        return {"log_likelihood": None, "reason": NO_ANSWERS, "prevalence": {}, "items": {}, "annotators": {}}
    judged = dawid_skene(answers)
    return {
        "log_likelihood": judged.log_likelihood[-1],
        "prevalence": dict(zip(answers.labels, judged.prevalence.tolist(), strict=True)),
        "items": {
            name: dict(zip(answers.labels, shares, strict=True))
            for name, shares in zip(answers.items, judged.posterior.tolist(), strict=True)
        },
        "annotators": dict(zip(answers.annotators, judged.confusion.tolist(), strict=True)),
    }
