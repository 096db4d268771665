"""One agreement report: every figure over a table of answers, ready for JSON."""

from typing import Any

import numpy as np

from labeling.domain.agreement import conger
from labeling.domain.agreement.answers import Answers, Floats
from labeling.domain.agreement.bootstrap import intervals
from labeling.domain.agreement.counted import counted_of, figures_of
from labeling.domain.agreement.dawid_skene import dawid_skene
from labeling.domain.agreement.distances import Level, Weights, given, metric, weighted
from labeling.domain.agreement.figures import NO_ANSWERS, figure, why_not
from labeling.domain.agreement.patterns import Patterns, patterns


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
    labels = len(answers.labels)
    disagreements = weighted(weights, labels) if isinstance(weights, Weights) else given(weights, labels)
    # Identity weights are the nominal metric.
    distances = disagreements if level == Level.NOMINAL else metric(level, answers.labels)
    counted = counted_of(latest)
    kappas = {"conger_kappa": kappa_figure(latest, counted.patterns, disagreements, bootstrap, seed)}
    if len(answers.annotators) == 2:
        both = conger.answered_by_all(latest)
        kappas["cohen_kappa"] = kappa_figure(both, patterns(both), disagreements, bootstrap, seed)
    result = {
        "level": str(level),
        "weights": str(weights) if isinstance(weights, Weights) else "given",
        "bootstrap": bootstrap,
        "seed": seed,
        "repeated": len(answers) - len(latest),
        **figures_of(
            counted,
            kappas,
            disagreements=disagreements,
            distances=distances,
            ac="gwet_ac1" if weights is Weights.IDENTITY else "gwet_ac2",
            bootstrap=bootstrap,
            seed=seed,
        ),
    }
    if with_dawid_skene:
        result["dawid_skene"] = _dawid_skene(answers)
    return result


def kappa_figure(
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
