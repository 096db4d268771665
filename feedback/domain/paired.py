"""Two models' errors on the same captures, from what people verified of them: paired, and free of the routing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback.domain.production import DRAWS, SEED, TAILS, Share

ENOUGH = 300
"""Verified answers after which models that differ on a tenth of the captures are told apart to within four points."""

# What may be found of a capture: who was right.
BOTH, CHAMPION, CHALLENGER, NEITHER = range(4)
AGREEING = np.array([1, 0, 0, 1], float)
DIFFERING = np.array([0, 1, 1, 1], float)


@dataclass(frozen=True, slots=True)
class Place:
    """Captures that had the same chance of being seen by people, as the champion's prediction was routed.

    `passed`: accepted or audited, not reviewed. `inclusion` is the chance, 0..1, that people were to see it, `agrees`
    whether both models said the same, and `part` what else tells apart which of the reviewed are answered first.
    """

    passed: bool
    inclusion: float
    agrees: bool
    part: Hashable = 0


@dataclass(frozen=True)
class Paired:
    """Both error rates, 0..1, and `difference`, the challenger's less the champion's, -1..1, with their intervals.

    They are about `captures`, from `verified` answers; of `unchecked` more nothing can be said, since what was accepted
    there had no chance of an audit, or has none answered yet.
    """

    champion: Share
    challenger: Share
    difference: Share
    captures: int
    verified: int
    unchecked: int

    @property
    def is_enough(self) -> bool:
        """Whether there are answers enough to judge by."""
        return self.verified >= ENOUGH


def compare(sizes: Mapping[Place, int], verified: Iterable[tuple[Place, bool, bool]]) -> Paired:
    """Errors among `sizes` captures by place that both saw, of which the `verified` were looked at.

    A verified capture is (its place, whether the champion was right, whether the challenger was). People look mostly at
    what the champion was unsure of, where any other model looks good: counted as they come, answers flatter the
    challenger. As in `production.estimate` each place's answers therefore stand for all of its captures, and the rest
    is drawn from a finite population's posterior (Ericson 1969), here of the four ways that two models can be right or
    wrong: a Dirichlet instead of a beta distribution. Whether both agree is known of every capture, and where they do
    no difference can be: the interval of the difference is of the captures that they differ on.
    """
    answers: dict[Place, Counter[int]] = {}
    for place, champion_right, challenger_right in verified:
        if sizes.get(place, 0) > 0:
            answers.setdefault(place, Counter())[_outcome(champion_right, challenger_right)] += 1
    known_arms = {place.passed for place in answers}
    places = [p for p in sizes if sizes[p] > 0 and p.inclusion > 0 and p.passed in known_arms]
    captures = sum(sizes[place] for place in places)
    count = sum(sum(found.values()) for found in answers.values())
    unchecked = sum(sizes.values()) - captures
    if not captures:
        nothing = Share(None, None, None, 0)
        return Paired(nothing, nothing, nothing, 0, 0, unchecked)
    total, some = np.zeros(4), np.zeros((DRAWS, 4))
    draws = np.random.default_rng(SEED)
    for passed in (False, True):
        for agrees in (False, True):
            arm = [place for place in places if (place.passed, place.agrees) == (passed, agrees)]
            if arm:
                hit = np.array([[answers.get(p, Counter())[way] for way in range(4)] for p in arm], float)
                size = np.array([sizes[place] for place in arm], float)
                mean, drawn = _totals(size, hit, AGREEING if agrees else DIFFERING, draws)
                total, some = total + mean, some + drawn
    shares, drawn = total / captures, some / captures
    return Paired(
        _share(shares[[CHALLENGER, NEITHER]].sum(), drawn[:, [CHALLENGER, NEITHER]].sum(axis=1), count),
        _share(shares[[CHAMPION, NEITHER]].sum(), drawn[:, [CHAMPION, NEITHER]].sum(axis=1), count),
        _share(shares[CHAMPION] - shares[CHALLENGER], drawn[:, CHAMPION] - drawn[:, CHALLENGER], count),
        captures,
        count,
        unchecked,
    )


def _outcome(champion_right: bool, challenger_right: bool) -> int:
    if champion_right:
        return BOTH if challenger_right else CHAMPION
    return CHALLENGER if challenger_right else NEITHER


def _totals(
    size: NDArray[np.float64],
    hit: NDArray[np.float64],
    possible: NDArray[np.float64],
    draws: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many of the captures of an arm's n places, `size` (n,), are of each way (4,), by the answers `hit` (n, 4):
    the estimate, and DRAWS of what it may be (DRAWS, 4). Only the `possible` ways (4,) are thought of unseen."""
    seen = np.minimum(hit.sum(axis=1), size)
    prior = 0.5 * possible
    # A place that nobody answered for is like the others of its arm, by one answer's weight.
    pooled = (hit.sum(axis=0) + prior) / (hit.sum() + prior.sum())
    known = seen > 0
    rates = np.where(known[:, None], hit / np.maximum(seen, 1)[:, None], pooled)
    total = (size[:, None] * rates).sum(axis=0)
    alpha = hit[known] + prior * (size[known] / size.sum())[:, None]
    some = hit[known].sum(axis=0) + ((size[known] - seen[known])[:, None] * _dirichlet(alpha, draws)).sum(
        axis=1
    )
    # What is unknown together is drawn together.
    some = some + size[~known].sum() * _dirichlet(pooled[None, :], draws)[:, 0]
    return total, some


def _dirichlet(alpha: NDArray[np.float64], draws: np.random.Generator) -> NDArray[np.float64]:
    """(DRAWS, n, 4) from `alpha` (n, 4); a way with alpha 0 never comes."""
    gammas = draws.standard_gamma(alpha, (DRAWS, *alpha.shape))
    return gammas / np.maximum(gammas.sum(axis=2, keepdims=True), np.finfo(float).tiny)


def _share(value: float, some: NDArray[np.float64], answers: int) -> Share:
    low, high = np.quantile(some, TAILS)
    return Share(float(value), float(min(low, value)), float(max(high, value)), answers)
