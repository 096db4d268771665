"""How often a model is right in production, from what people verified of it: free of what the routing chose to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
SEED = 6
TAILS = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Stratum:
    """Predictions that had the same chance of being seen and said the same.

    `passed`: accepted or audited, not reviewed. `label` is what was said ("" for boxes), `inclusion` the chance that
    people were to see it, 0..1, and `part` whatever else tells apart which of the reviewed are answered first.
    """

    label: str
    passed: bool
    inclusion: float
    part: Hashable = 0


@dataclass(frozen=True, slots=True)
class Share:
    """An estimate with its 95% interval, 0..1; None where nothing can be said. `answers` are what it rests on."""

    value: float | None
    low: float | None
    high: float | None
    answers: int


@dataclass(frozen=True)
class Production:
    """What a model was worth: `accuracy` over all, and by label `{"precision", "recall"}`.

    `predictions` were estimated about by `verified` answers; of `unchecked` more nothing can be said, since what was
    accepted there had no chance of an audit, or has none answered yet.
    """

    accuracy: Share
    labels: Mapping[str, Mapping[str, Share]]
    predictions: int
    verified: int
    unchecked: int


@dataclass(frozen=True)
class _Table:
    """By stratum, shape (n,): how many predictions, how many verified."""

    strata: list[Stratum]
    sizes: NDArray[np.float64]
    seen: NDArray[np.float64]
    passed: NDArray[np.bool_]


def estimate(
    sizes: Mapping[Stratum, int], verified: Iterable[tuple[Stratum, str | None, bool]], labels: Iterable[str]
) -> Production:
    """Estimates for a population of `sizes` predictions by stratum, of which `verified` were looked at.

    A verified prediction is (its stratum, the label that is true, whether the whole of it was right); the label is
    None for boxes, of which only the accuracy is estimated.

    Each stratum's verified answers stand for its size: Horvitz and Thompson's estimate, post-stratified, so that
    audits that nobody answered yet do not count as right (Särndal, Swensson & Wretman 1992, sections 3.7 and 7.6).
    Intervals are of the finite population's posterior (Ericson 1969) with Jeffreys' prior, one for all reviewed and
    one for all passed strata together, spread by size: what was verified is known, the rest is drawn.
    """
    answers: dict[Stratum, Counter[str | None]] = {}
    right: Counter[Stratum] = Counter()
    count = 0
    for stratum, held, is_right in verified:
        if sizes.get(stratum, 0) > 0:
            answers.setdefault(stratum, Counter())[held] += 1
            right[stratum] += is_right
            count += 1
    known_arms = {stratum.passed for stratum in answers}
    strata = [s for s in sizes if sizes[s] > 0 and s.inclusion > 0 and s.passed in known_arms]
    unchecked = sum(sizes.values()) - sum(sizes[s] for s in strata)
    table = _Table(
        strata,
        np.array([sizes[s] for s in strata], float),
        np.array([min(sum(answers.get(s, Counter()).values()), sizes[s]) for s in strata], float),
        np.array([s.passed for s in strata], bool),
    )
    everything = np.ones(len(strata), bool)
    hits = np.array([right[s] for s in strata], float)
    draws = np.random.default_rng(SEED)
    accuracy = _share(table, hits, everything, draws)
    by_label = {
        label: _of_label(label, table, hits, answers, draws)
        for label in labels
        if not any(None in held for held in answers.values())
    }
    return Production(accuracy, by_label, int(table.sizes.sum()), count, unchecked)


def _of_label(
    label: str,
    table: _Table,
    hits: NDArray[np.float64],
    answers: Mapping[Stratum, Counter[str | None]],
    draws: np.random.Generator,
) -> dict[str, Share]:
    says = np.array([s.label == label for s in table.strata], bool)
    held = np.array([answers.get(s, Counter())[label] for s in table.strata], float)
    true = int(held.sum())
    precision = _share(table, hits, says, draws)
    if not true or not says.any():
        return {"precision": precision, "recall": Share(None, None, None, true)}
    found, some_found = _totals(table, hits, says, draws)
    missed, some_missed = _totals(table, held, ~says, draws)
    return {
        "precision": precision,
        "recall": _interval(found / (found + missed), some_found / (some_found + some_missed), true),
    }


def _share(
    table: _Table, hits: NDArray[np.float64], which: NDArray[np.bool_], draws: np.random.Generator
) -> Share:
    answers = int(table.seen[which].sum())
    if not answers:
        return Share(None, None, None, 0)
    total, some = _totals(table, hits, which, draws)
    size = table.sizes[which].sum()
    return _interval(total / size, some / size, answers)


def _totals(
    table: _Table, hits: NDArray[np.float64], which: NDArray[np.bool_], draws: np.random.Generator
) -> tuple[float, NDArray[np.float64]]:
    """How many of the predictions in the strata `which` are hits: the estimate, and DRAWS of what it may be."""
    total, some = 0.0, np.zeros(DRAWS)
    for passed in (False, True):
        arm = which & (table.passed == passed)
        size, seen, hit = table.sizes[arm], table.seen[arm], np.minimum(hits[arm], table.seen[arm])
        if not len(size):
            continue
        # A stratum that nobody answered for is like the others of its arm, by one answer's weight.
        pooled = (hit.sum() + 0.5) / (seen.sum() + 1)
        prior = 0.5 * size / size.sum()
        right = np.where(seen > 0, hit + prior, pooled)
        wrong = np.where(seen > 0, seen - hit + prior, 1 - pooled)
        rates = np.where(seen > 0, hit / np.maximum(seen, 1), pooled)
        total += float((size * rates).sum())
        some += (hit + (size - seen) * draws.beta(right, wrong, (DRAWS, len(size)))).sum(axis=1)
    return total, some


def _interval(value: float, some: NDArray[np.float64], answers: int) -> Share:
    low, high = np.quantile(some, TAILS)
    return Share(float(value), float(min(low, value)), float(max(high, value)), answers)
