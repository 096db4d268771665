"""How far people's answers settle images as they are, and what one more answer would add."""

from typing import Any

import numpy as np

from labeling.domain.agreement.answers import Floats
from labeling.domain.agreement.coefficients import prevalence
from labeling.domain.agreement.patterns import Patterns


def settled(patterns: Patterns, alpha: float | None, seconds: float | None) -> dict[str, Any]:
    """`images` (with two answers), `unanimous, majority, without_majority` and the `…_share` of each, `one_more`.

    without_majority: no label has more than half of an image's answers. hours_to_adjudicate: one answer for each of
    those, at `seconds`, the median of an answer. one_more: what one more answer for each of those is expected to do:
    `settled` (images), `share`, `hours`.
    """
    multiple = patterns.pairable
    counts, times = patterns.counts[multiple], patterns.times[multiple]
    most, sizes = counts.max(axis=1, initial=0), counts.sum(axis=1)
    unanimous, majority = most == sizes, 2 * most > sizes
    images, open_ = float(times.sum()), float(times @ ~majority)
    found = {
        "unanimous": float(times @ unanimous),
        "majority": float(times @ (majority & ~unanimous)),
        "without_majority": open_,
    }
    chance = next_answer(patterns, alpha)[multiple]
    expected = float((times * ~majority) @ chance_to_settle(counts, chance))
    hours = None if seconds is None else open_ * seconds / 3600
    return {
        "images": int(images),
        **{name: int(value) for name, value in found.items()},
        **{f"{name}_share": value / images if images else None for name, value in found.items()},
        "hours_to_adjudicate": hours,
        "one_more": {"settled": expected, "share": expected / open_ if open_ else None, "hours": hours},
    }


def chance_to_settle(counts: Floats, chance: Floats) -> Floats:
    """How much likelier one more answer makes a majority, shape (images,): -1..1, above 0 only where there is none.

    counts: answers by label, shape (images, labels); chance: of each label as the next answer, of the same shape.
    """
    sizes = counts.sum(axis=1)
    after = (chance * (2 * (counts + 1) > sizes[:, None] + 1)).sum(axis=1)
    # A majority that is there stays one where the next answer is for it, or where it is two ahead.
    most = counts.max(axis=1, initial=0)
    after += np.where(2 * most > sizes + 1, 1 - chance[np.arange(len(counts)), counts.argmax(axis=1)], 0.0)
    return after - (2 * most > sizes)


def next_answer(patterns: Patterns, alpha: float | None) -> Floats:
    """How likely each label is as the next answer to an image of each pattern, shape (P, labels); rows sum to 1.

    (n_k + s π_k) / (n + s): the Dirichlet-multinomial's, with prevalence π and the concentration s whose correlation
    within an image, 1 / (1 + s), is α. At α ≤ 0, or none, an image's own answers say nothing, and it is π.
    """
    shares = prevalence(patterns, patterns.times[None, :])
    if alpha is None or alpha <= 0:
        return np.repeat(shares, len(patterns.counts), axis=0)
    concentration = (1 - alpha) / alpha
    return (patterns.counts + concentration * shares) / (patterns.sizes[:, None] + concentration)
