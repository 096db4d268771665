"""Agreement over time: α of each week, the limits it keeps to by chance, and the week it changed for good."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from labeling.domain.agreement.answers import Floats, Indices
from labeling.domain.agreement.distances import Weights, weighted
from labeling.domain.agreement.figures import number
from labeling.domain.agreement.krippendorff import alpha, standard_error
from labeling.domain.agreement.patterns import Patterns
from labeling.domain.agreement.tally import Cells

FIRST_MONDAY = date(1970, 1, 5)
LEAST_IMAGES = 10
"""With two answers, for a week to have a figure."""
MOST_WEEKS = 104
SIGMAS = 3
DRAWS = 99


def over_time(patterns: Patterns, cells: Cells, *, seed: int = 0) -> dict[str, Any]:
    """`centre, sigmas, least_images, list, change`. cells: (week, pattern) and how many images.

    list: of the last weeks that have images, `week` (its Monday), `images`, `alpha`, `low` and `high` (the centre
    ± 3 standard errors at that week's size: Shewhart 1931), `outside`. change: the split that parts the weeks into the
    two most different runs, `week` (the first of the later run), `before`, `after`, `p`; None where p > 0.05. p comes
    from drawing every week anew from all of them together, the largest split being compared with the largest.
    """
    weeks, times = _by_week(patterns, cells)
    distances = weighted(Weights.IDENTITY, patterns.counts.shape[1])
    sizes = times @ patterns.pairable
    together = times.sum(axis=0)
    centre = alpha(patterns, together[None, :], distances)[0]
    used = together > 0
    error = standard_error(Patterns(patterns.counts[used], together[used], patterns.of_item[:0]), distances)
    values = np.where(sizes >= LEAST_IMAGES, alpha(patterns, times, distances), np.nan)
    spread = SIGMAS * error * np.sqrt(sizes.sum() / np.maximum(sizes, 1))
    return {
        "centre": number(centre),
        "sigmas": SIGMAS,
        "least_images": LEAST_IMAGES,
        "list": [
            {
                "week": _monday(week),
                "images": int(size),
                "alpha": number(value),
                "low": number(centre - wide),
                "high": number(min(1.0, centre + wide)) if np.isfinite(wide) else None,
                "outside": bool(abs(value - centre) > wide),
            }
            for week, size, value, wide in zip(
                weeks.tolist(), sizes.tolist(), values.tolist(), spread.tolist(), strict=True
            )
        ],
        "change": _change(patterns, weeks[sizes > 0], times[sizes > 0], distances, seed),
    }


def week_of(day: date) -> int:
    """The number of the day's week."""
    return (day - FIRST_MONDAY).days // 7


def _monday(week: int) -> str:
    return (FIRST_MONDAY + timedelta(weeks=week)).isoformat()


def _by_week(patterns: Patterns, cells: Cells) -> tuple[Indices, Floats]:
    """The last weeks that have images, and the images of each pattern in each, shape (weeks, P)."""
    weeks, place = np.unique(cells.column(0), return_inverse=True)
    size = len(patterns.times)
    code = place * size + cells.column(1)
    table: Floats = np.bincount(code, weights=cells.count, minlength=len(weeks) * size).astype(np.float64)
    return weeks[-MOST_WEEKS:], table.reshape(len(weeks), size)[-MOST_WEEKS:]


def _change(
    patterns: Patterns, weeks: Indices, times: Floats, distances: Floats, seed: int
) -> dict[str, Any] | None:
    if len(weeks) < 2:
        return None
    chance = np.random.default_rng(seed)
    images, together = times.sum(axis=1).astype(np.int64), times.sum(axis=0)
    strength, place, before, after = _best_split(patterns, times, distances)
    if not np.isfinite(strength):
        return None
    shares = together / together.sum()
    as_strong = 1 + sum(
        _best_split(patterns, chance.multinomial(images, shares).astype(np.float64), distances)[0] >= strength
        for _ in range(DRAWS)
    )
    p = as_strong / (DRAWS + 1)
    if p > 0.05:
        return None
    return {"week": _monday(int(weeks[place])), "before": before, "after": after, "p": p}


def _best_split(patterns: Patterns, times: Floats, distances: Floats) -> tuple[float, int, float, float]:
    """(strength, the first week of the later run, α before, α after): the difference by its spread, the largest."""
    upto = times.cumsum(axis=0)
    earlier, later = upto[:-1], upto[-1] - upto[:-1]
    before, after = alpha(patterns, earlier, distances), alpha(patterns, later, distances)
    sizes = earlier @ patterns.pairable, later @ patterns.pairable
    with np.errstate(divide="ignore", invalid="ignore"):
        strength = np.abs(after - before) / np.sqrt(1 / sizes[0] + 1 / sizes[1])
    strength = np.where(np.isfinite(strength) & (np.minimum(*sizes) >= LEAST_IMAGES), strength, -np.inf)
    best = int(strength.argmax())
    return float(strength[best]), best + 1, float(before[best]), float(after[best])
