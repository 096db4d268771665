"""From which confidence on a model may be accepted: the lowest threshold that verified answers prove."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback.domain import betting, binomial
from feedback.domain.boundaries import Boundary

FIRST = 2.5
"""The strictest threshold tried has so many times the answers that could prove the budget without any error."""

STEPS = 64
BISECTIONS = 40


@dataclass(frozen=True, slots=True)
class Certification:
    """What the answers prove: accept from `threshold` on (None: nothing).

    `bound` is the upper bound of the error rate at the threshold and `error_rate` its estimate, 0..1; without a
    threshold, those at the strictest one that was tried (None: too few answers to try). `answers` is how many
    they rest on, and `reason` says it in a sentence.
    """

    threshold: float | None
    bound: float | None
    error_rate: float | None
    answers: int
    reason: str


def certify(
    answers: Iterable[tuple[float, bool, float]],
    *,
    budget: float,
    confidence: float,
    thresholds: Iterable[float] | None = None,
    boundary: Boundary | None = None,
) -> Certification:
    """The lowest threshold whose error rate is within `budget`, with the probability `confidence` of being right.

    `answers` are (confidence of the prediction, whether it was wrong, inclusion probability) of a stream whose
    every prediction had that known chance, above 0, of being seen: reviewed ones 1, audited ones the share. The
    confidences need not be calibrated; one that is not a number is left out, since it is never accepted.

    Learn then Test (Angelopoulos & al. 2021) by a fixed sequence: thresholds from strict to lax until the first
    that is not proved, beginning where enough answers lie above to be proved at all. Where all inclusions are
    equal a threshold is proved by Clopper and Pearson's bound, else by a bet on the weighted answers
    (`betting.within_budget`). `thresholds` are those to try; else some 64 quantiles of the confidences, which say
    nothing of the errors. With a `boundary` for this budget and confidence the guarantee holds for all looks
    together, provided that `thresholds` are the same at each; without, for this look.

    Raises ValueError for a budget, confidence or inclusion out of range.
    """
    table = np.array([(c, w, p) for c, w, p in answers], float).reshape(-1, 3)
    if not (0 < budget < 1 and 0 < confidence < 1):
        raise ValueError("a budget and a confidence are above 0 and below 1.")
    table = table[~np.isnan(table[:, 0])]
    if len(table) and not (table[:, 2].min() > 0 and table[:, 2].max() <= 1):
        raise ValueError("an inclusion probability is above 0 and at most 1.")
    table = table[np.argsort(-table[:, 0], kind="stable")]
    scores, wrong, inclusion = table[:, 0], table[:, 1] > 0, table[:, 2]
    if thresholds is None:
        tried = steps(scores, first=least_answers(budget, confidence))
    else:
        tried = np.unique(np.asarray(list(thresholds), float))[::-1]
    above = np.searchsorted(-scores, -tried, side="right")
    errors = np.concatenate([[0], np.cumsum(wrong)])
    level = 1 - confidence
    uniform = len(table) == 0 or inclusion.min() == inclusion.max()

    def bound_of(place: int) -> float:
        count = int(above[place])
        if uniform:
            at = boundary.level(count) if boundary is not None else level
            return binomial.upper_bound(int(errors[count]), count, at)
        return weighted_bound(wrong[:count], inclusion[:count], level)

    def rate_of(place: int) -> float:
        weights = 1 / inclusion[: above[place]]
        return float(weights[wrong[: above[place]]].sum() / weights.sum())

    return fixed_sequence(tried, above, bound_of, rate_of, budget=budget, confidence=confidence)


def fixed_sequence(
    thresholds: NDArray[np.float64],
    answers: NDArray[np.int64],
    bound_of: Callable[[int], float],
    rate_of: Callable[[int], float],
    *,
    budget: float,
    confidence: float,
) -> Certification:
    """Go from strict to lax while the bound is within the budget; `answers[i]` lie at or above `thresholds[i]`."""
    least = least_answers(budget, confidence)
    places = [place for place, count in enumerate(answers) if count >= least]
    if not places:
        seen = int(answers[-1]) if len(answers) else 0
        return Certification(
            None,
            None,
            None,
            seen,
            f"{seen} verified answers so far; no fewer than {least} can prove {budget:.2%}.",
        )
    held: tuple[int, float] | None = None
    for place in places:
        bound = bound_of(place)
        if bound > budget:
            break
        held = place, bound
    if held is None:
        rate, count = rate_of(places[0]), int(answers[places[0]])
        return Certification(
            None,
            bound,
            rate,
            count,
            f"Even the surest may be wrong in up to {bound:.2%} of cases, by {count} verified answers; "
            f"the budget is {budget:.2%}.",
        )
    place, bound = held
    return Certification(
        float(thresholds[place]),
        bound,
        rate_of(place),
        int(answers[place]),
        proof(float(thresholds[place]), bound, int(answers[place]), budget),
    )


def proof(threshold: float, bound: float, answers: int, budget: float) -> str:
    """What was proved, in a sentence."""
    return (
        f"From {threshold:.4g} on at most {bound:.2%} are wrong, by {answers} verified answers; "
        f"the budget is {budget:.2%}."
    )


def least_answers(budget: float, confidence: float) -> int:
    """How many answers without an error prove the budget: ln δ / ln(1 - ε), the rule of three made exact."""
    return math.ceil(math.log1p(-confidence) / math.log1p(-budget))


def steps(scores: NDArray[np.float64], *, first: int) -> NDArray[np.float64]:
    """Thresholds from strict to lax at even steps of volume, of `scores` that are sorted from high to low.

    The strictest has FIRST times `first` scores above it where there are so many: with fewer, one unlucky error
    would end the sequence before it began.
    """
    if len(scores) < first:
        return np.zeros(0)
    begin = min(len(scores), math.ceil(FIRST * first))
    places = np.linspace(begin, len(scores), STEPS).astype(int) - 1
    return np.unique(scores[places])[::-1]


def weighted_bound(wrong: NDArray[np.bool_], inclusion: NDArray[np.float64], level: float) -> float:
    """The rate from which on the bet that it is lower wins less than 1/`level`: an upper bound for any inclusion."""
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if betting.within_budget(wrong, inclusion, middle) >= -math.log(level):
            high = middle
        else:
            low = middle
    return high
