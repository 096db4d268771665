"""Krippendorff α at every level of measurement, over all labels and of each against the rest.

α = 1 - D_o / D_e over items with two answers or more (Krippendorff 1970; 2011). `times` is one row for each (re)sample
of the items, shape (samples, P), as in `coefficients`.
"""

import numpy as np

from labeling.domain.agreement.answers import Floats
from labeling.domain.agreement.coefficients import disagreeing_pairs, divided
from labeling.domain.agreement.patterns import Patterns


def alpha(patterns: Patterns, times: Floats, distances: Floats | None) -> Floats:
    """In each sample, shape (samples,), at most 1; nan where nothing is pairable or there is no variation.

    distances: δ² of each two labels, shape (labels, labels), or None for the ordinal metric.
    """
    if distances is None:
        return _ordinal(patterns, times)
    used = pairable_counts(patterns, times)
    total = used.sum(axis=1)
    found = times @ _each_pair_once(patterns, disagreeing_pairs(patterns, distances))
    return 1 - _ratio(found, ((used @ distances) * used).sum(axis=1), total)


def of_each_label(patterns: Patterns, times: Floats) -> Floats:
    """α of "this label or any other", nominal, shape (samples, labels); nan where all or none say it."""
    used = pairable_counts(patterns, times)
    total = used.sum(axis=1, keepdims=True)
    counts, sizes = patterns.counts, patterns.sizes[:, None]
    found = times @ _each_pair_once(patterns, 2 * counts * (sizes - counts))
    return 1 - _ratio(found, 2 * used * (total - used), total)


def standard_error(patterns: Patterns, distances: Floats) -> float:
    """Of α over all items; see `standard_errors`."""
    return float(standard_errors(patterns, patterns.times[None, :], distances)[0])


def standard_errors(patterns: Patterns, times: Floats, distances: Floats) -> Floats:
    """Of α in each sample, shape (samples,), by linearisation, the distances being taken as given; nan where undefined.

    Gwet 2014, section 5.6 ("Krippendorff's alpha", variance conditional on the annotators).
    """
    used = pairable_counts(patterns, times)
    times = times * patterns.pairable
    items, total = times.sum(axis=1, keepdims=True), used.sum(axis=1, keepdims=True)
    expected = divided(((used @ distances) * used).sum(axis=1, keepdims=True), total**2)
    defined = (items >= 2) & (expected > 0)
    items, total, expected = (np.where(defined, each, np.nan) for each in (items, total, expected))
    mean_size = total / items
    beyond = patterns.sizes / mean_size - 1
    found = _each_pair_once(patterns, disagreeing_pairs(patterns, distances))
    observed = (times @ found)[:, None] / total
    value = 1 - observed / expected
    # The agreement corrected for small samples is 1 - (1 - 1/total) D_o.
    corrected = 1 - (1 - 1 / total) * observed
    agreement = (patterns.sizes - found) / mean_size - corrected * beyond
    of_item = (agreement - (1 - expected)) / expected
    chance = (patterns.sizes - (used @ distances) @ patterns.counts.T / total) / mean_size
    chance -= (1 - expected) * beyond
    of_item = of_item - 2 * (1 - value) * (chance - (1 - expected)) / expected
    spread = (times * (of_item - value) ** 2).sum(axis=1, keepdims=True)
    return np.sqrt(spread / (items * (items - 1)))[:, 0]


def pairable_counts(patterns: Patterns, times: Floats) -> Floats:
    """How often each label stands in an item with two answers or more, shape (samples, labels)."""
    return times @ (patterns.counts * patterns.pairable[:, None])


def _ordinal(patterns: Patterns, times: Floats) -> Floats:
    """δ counts the answers between the middles of two ranks (Krippendorff 2011): it changes with the sample."""
    used = pairable_counts(patterns, times)
    total = used.sum(axis=1)
    # Twice the middle of each rank: whole numbers, so that an item on which all agree comes to exactly 0.
    middle = 2 * used.cumsum(axis=1) - used
    counts, sizes = patterns.counts, patterns.sizes[:, None]
    apart = 2 * (sizes * (counts @ middle.T**2) - (counts @ middle.T) ** 2)
    found = (times * _each_pair_once(patterns, apart).T).sum(axis=1)
    centred = middle - divided((used * middle).sum(axis=1), total, otherwise=0.0)[:, None]
    varied = (used > 0).sum(axis=1) > 1
    return 1 - _ratio(found, np.where(varied, 2 * total * (used * centred**2).sum(axis=1), 0.0), total)


def _each_pair_once(patterns: Patterns, of_pairs: Floats) -> Floats:
    """Sums over an item's ordered pairs, divided by the item's answers less one; 0 for an item with one answer."""
    others = np.where(patterns.pairable, patterns.sizes - 1, 0.0)
    return divided(of_pairs, others if of_pairs.ndim == 1 else others[:, None], otherwise=0.0)


def _ratio(found: Floats, between_all: Floats, total: Floats) -> Floats:
    """D_o / D_e: D_o = found / total, D_e = between_all / (total (total - 1))."""
    return divided(found * (total - 1), between_all)
