"""Percent agreement, Fleiss κ, Brennan-Prediger and Gwet AC: 1 - observed / expected disagreement, from counts.

Each is 1 - D_o / D_e. D_o is the mean over items with two answers or more of the weighted share of pairs that
disagree; they differ in D_e alone, which is the mean over all items of an expectation by label (Gwet 2014, chapter 5).
Weights are given as disagreements d = 1 - w, shape (labels, labels), 0 on the diagonal. `times` has one row for each
(re)sample of the items, shape (samples, P): one row for the data itself, one for each bootstrap replicate.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from labeling.domain.agreement.answers import Floats, Indices
from labeling.domain.agreement.patterns import Patterns

Expected = Callable[[Floats, Floats], Floats]
"""From (prevalence (samples, labels), disagreements) to the disagreement expected by label, (samples, labels)."""


def percent_agreement(prevalence: Floats, disagreements: Floats) -> Floats:
    """Nothing is corrected for: D_e = 1. The share of pairs that agree."""
    return np.ones_like(prevalence)


def brennan_prediger(prevalence: Floats, disagreements: Floats) -> Floats:
    """D_e = Σ d_kl / q² over all q declared labels. Brennan and Prediger 1981; Randolph 2005; Gwet 2014, eq. 4.10."""
    labels = len(disagreements)
    # With one label D_o is 0, and so the coefficient is 1, whatever the number of others.
    return np.full_like(prevalence, disagreements.sum() / labels**2 if labels > 1 else 1.0)


def fleiss_kappa(prevalence: Floats, disagreements: Floats) -> Floats:
    """D_e = Σ d_kl π_k π_l. Fleiss 1971, generalised to items with unequal numbers of answers by Gwet 2014, eq. 5.9."""
    return prevalence @ disagreements


def gwet_ac(prevalence: Floats, disagreements: Floats) -> Floats:
    """D_e = 1 - Σ w_kl / (q (q - 1)) · Σ π_k (1 - π_k): AC1 with identity weights, AC2 with others.

    Gwet 2008; 2014, eq. 5.2.
    """
    labels = len(disagreements)
    total = labels**2 - disagreements.sum()
    return 1 - total / max(labels * (labels - 1), 1) * (1 - prevalence)


def prevalence(patterns: Patterns, times: Floats) -> Floats:
    """The share of each label, every item counting once however many answers it has, shape (samples, labels)."""
    items = times.sum(axis=1, keepdims=True)
    return divided(times @ (patterns.counts / patterns.sizes[:, None]), items)


def disagreeing_pairs(patterns: Patterns, disagreements: Floats) -> Floats:
    """Σ d_kl r_k r_l over ordered pairs of answers of an item, shape (P,): exactly 0 where all say the same."""
    return ((patterns.counts @ disagreements) * patterns.counts).sum(axis=1)


def observed(patterns: Patterns, disagreements: Floats) -> Floats:
    """The share of an item's pairs that disagree, shape (P,); 0 for an item with one answer."""
    pairs = patterns.sizes * (patterns.sizes - 1)
    return divided(disagreeing_pairs(patterns, disagreements), pairs, otherwise=0.0)


def coefficient(expected: Expected, patterns: Patterns, disagreements: Floats, times: Floats) -> Floats:
    """Its value in each sample, shape (samples,), at most 1; nan where it is undefined (no pair, or D_e = 0)."""
    found = divided(times @ observed(patterns, disagreements), times @ patterns.pairable)
    shares = prevalence(patterns, times)
    return 1 - divided(found, (shares * expected(shares, disagreements)).sum(axis=1))


def standard_error(expected: Expected, patterns: Patterns, disagreements: Floats) -> float:
    """Of the value over all items, by linearisation, conditional on the annotators; nan where it is undefined.

    Gwet 2014, eq. 5.4-5.6 and 5.11: the spread of each item's contribution to the coefficient.
    """
    times = patterns.times[None, :]
    shares = prevalence(patterns, times)
    by_label = expected(shares, disagreements)
    return linearised(
        float(coefficient(expected, patterns, disagreements, times)[0]),
        float((shares * by_label).sum()),
        observed(patterns, disagreements),
        patterns.counts @ by_label[0] / patterns.sizes,
        patterns.pairable,
        patterns.times,
    )


def linearised(
    value: float,
    expected: float,
    observed: Floats,
    expected_of: Floats,
    pairable: NDArray[np.bool_],
    times: Floats,
) -> float:
    """The standard error of 1 - D_o / D_e from each item's share in D_o and D_e, all arrays of shape (P,).

    `expected_of` averages to `expected` over the items. nan for fewer than two items, or where D_e is 0.
    """
    items = times.sum()
    if items < 2 or not expected > 0 or not np.isfinite(value):
        return np.nan
    of_item = pairable * (items / (times @ pairable)) * (1 - observed / expected)
    of_item = of_item - 2 * (1 - value) * (1 - expected_of / expected)
    return float(np.sqrt(times @ (of_item - value) ** 2 / (items * (items - 1))))


def divided(dividend: Floats | Indices, divisor: Floats | Indices, *, otherwise: float = np.nan) -> Floats:
    """dividend / divisor, `otherwise` where the divisor is 0 or nan."""
    shape = np.broadcast_shapes(dividend.shape, divisor.shape)
    return np.divide(dividend, divisor, out=np.full(shape, otherwise), where=divisor > 0)
