"""How high a statistic gets while nothing changes: thresholds for the whole panel at one joint rate of false alarms."""

from __future__ import annotations

import math

import numpy as np

from inference.domain.drift.baseline import Baseline, Measured, fit
from inference.domain.drift.detectors import LONGEST, Detectors

REPLICATES = 400
STRETCH = 600
"""Captures whose highest statistics are looked at, in each replicate, once the windows are full."""
_AT_ONCE = 100
_CAUTION = 0.1
"""Of the rate wished for: an unlucky reference raises its false alarms again and again, where a stretch counts one.
Found by trial on the streams of `benchmarks/drift.py`, not derived."""
_TAIL = 0.1
"""The share of replicates from which the tail is extrapolated."""
_LOWEST, _MARGIN = 1.0, 1.1
"""A limit is no lower than one standard deviation and a tenth more than what is usual of the highest: where something
never varied, its statistic is always the same, and would always be at its limit."""
_EULER = 0.5772156649


def thresholds(baseline: Baseline, reference: Measured, *, per_capture: float, seed: int = 0) -> np.ndarray:
    """[groups, detectors]: passed by any of them with a rate of `per_capture` in all, while nothing changes.

    Each replicate draws a reference of the same size from `reference` by the stationary bootstrap (Politis & Romano
    1994), which keeps neighbours together, learns a baseline from that and watches a stream drawn likewise: what is
    not known of the usual, because the reference is finite, widens the thresholds by as much. The highest value of
    each statistic in a stretch follows Gumbel's law; the same tail probability for all of them is chosen so that the
    least of them is met as often as wished (Westfall & Young 1993, minP), whatever their correlation.
    """
    random = np.random.default_rng(seed)
    count = len(reference.labels)
    block = block_length(baseline.distances(reference))
    highest = []
    for _ in range(REPLICATES // _AT_ONCE):
        streams = []
        for _ in range(_AT_ONCE):
            learnt = fit(baseline, reference[resampled(count, count, block, random)])
            drawn = reference[resampled(count, LONGEST + STRETCH, block, random)]
            streams.append(learnt.distances(drawn))
        stacked = np.stack(streams)
        watched = Detectors(baseline.starts, stacked.shape[2], _AT_ONCE).run(stacked)
        highest.append(watched[:, LONGEST:].max(axis=1))
    maxima = np.concatenate(highest)
    scale = np.maximum(maxima.std(axis=0, ddof=1) * math.sqrt(6) / math.pi, 1e-9)
    place = maxima.mean(axis=0) - _EULER * scale
    tails = -np.expm1(-np.exp(-(maxima - place) / scale))
    least = tails.reshape(len(maxima), -1).min(axis=1)
    # Near 0 the least of many tail probabilities is met as often as so many independent ones would be.
    level = _CAUTION * per_capture * STRETCH * np.quantile(least, _TAIL) / _TAIL
    lowest = np.maximum(_MARGIN * place, _LOWEST)
    return np.maximum(place - scale * math.log(-math.log1p(-level)), lowest)


def resampled(count: int, size: int, block: int, random: np.random.Generator) -> np.ndarray:
    """`size` places 0..count-1, in runs of `block` on average that wrap around."""
    begins = random.random(size) < 1 / block
    begins[0] = True
    run = np.cumsum(begins) - 1
    first = random.integers(0, count, run[-1] + 1)
    since = np.arange(size) - np.flatnonzero(begins)[run]
    return (first[run] + since) % count


def block_length(distances: np.ndarray) -> int:
    """How long a run must be to keep what hangs together: four times the lag at which the slowest of the columns [N, F]
    correlates with itself by less than chance would (2/√N), at most an eighth of N."""
    count = len(distances)
    centred = distances - distances.mean(axis=0)
    power = np.abs(np.fft.rfft(centred, 2 * count, axis=0)) ** 2
    correlations = np.fft.irfft(power, axis=0)[: max(2, count // 16)]
    correlations = correlations / np.maximum(correlations[0], 1e-12)
    below = correlations < max(2 / math.sqrt(count), 0.1)
    below[-1] = True
    lag = int(below.argmax(axis=0).max())
    return max(1, min(4 * lag, count // 8))
