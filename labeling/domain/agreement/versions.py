"""What a new version of the guideline changed: α of each label under the one before and under it."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np

from labeling.domain.agreement.answers import Floats
from labeling.domain.agreement.bootstrap import replicates
from labeling.domain.agreement.distances import Weights, weighted
from labeling.domain.agreement.figures import interval, number
from labeling.domain.agreement.krippendorff import alpha, of_each_label
from labeling.domain.agreement.patterns import Patterns
from labeling.domain.agreement.tally import Tally

LEAST_IMAGES = 20
"""Answered twice under a version, for it to be compared."""
MOST_COMPARED = 10


def compared(
    tally: Tally, labels: Sequence[str], names: Sequence[str], *, bootstrap: int = 1_000, seed: int = 0
) -> list[dict[str, Any]]:
    """Each version that people answered under against the one before it, the latest last.

    `before, after` (numbers), `images_before, images_after`, `same_people, only_before, only_after`, and `all` and
    `labels{key}`: `{before, after, difference, ci, changed}`. An image counts under a version by the answers given
    under it alone. The interval of the difference draws the images of both sides anew. `changed` is "better" or
    "worse" where the difference would hold for all labels at once (95%, Bonferroni), else null. names: of
    `tally.people`, in order.
    """
    cells = tally.cells["readers"]
    versions = [version for version in np.unique(cells.column(0)).tolist() if version]
    sides = {}
    for version in versions:
        counted = tally.counted("versions", version)
        if counted.times @ counted.pairable >= LEAST_IMAGES:
            people = {names[place] for place in cells.column(1)[cells.column(0) == version]}
            sides[version] = counted, people
    return [
        {
            "before": earlier,
            "after": later,
            **_people(sides[earlier][1], sides[later][1]),
            **_difference(sides[earlier][0], sides[later][0], labels, bootstrap, seed),
        }
        for earlier, later in list(pairwise(sides))[-MOST_COMPARED:]
    ]


def _people(before: set[str], after: set[str]) -> dict[str, Any]:
    return {
        "same_people": before == after,
        "only_before": sorted(before - after),
        "only_after": sorted(after - before),
    }


def _difference(
    before: Patterns, after: Patterns, labels: Sequence[str], bootstrap: int, seed: int
) -> dict[str, Any]:
    values = [_alphas(side, side.times[None, :])[0] for side in (before, after)]
    drawn = [
        np.concatenate(
            [_alphas(side, times) for times in replicates(side.times, count=bootstrap, seed=seed + place)]
        )
        if bootstrap
        else np.zeros((0, len(labels) + 1))
        for place, side in enumerate((before, after))
    ]
    apart = drawn[1] - drawn[0]
    certain = NormalDist().inv_cdf(1 - 0.025 / max(len(labels), 1))
    figures = [
        _figure(values[0][place], values[1][place], apart[:, place], certain)
        for place in range(len(labels) + 1)
    ]
    return {
        "images_before": int(before.times.sum()),
        "images_after": int(after.times.sum()),
        "all": figures[-1],
        "labels": dict(zip(labels, figures[:-1], strict=True)),
    }


def _alphas(side: Patterns, times: Floats) -> Floats:
    """α of each label, and of all, shape (samples, labels + 1)."""
    distances = weighted(Weights.IDENTITY, side.counts.shape[1])
    return np.column_stack((of_each_label(side, times), alpha(side, times, distances)))


def _figure(before: float, after: float, drawn: Floats, certain: float) -> dict[str, Any]:
    drawn = drawn[np.isfinite(drawn)]
    difference = after - before
    known = np.isfinite(difference) and len(drawn) > 1
    changed = None
    if known and abs(difference) > certain * drawn.std(ddof=1):
        changed = "better" if difference > 0 else "worse"
    return {
        "before": number(before),
        "after": number(after),
        "difference": number(difference),
        "ci": interval(np.percentile(drawn, (2.5, 97.5))) if known else None,
        "changed": changed,
    }
