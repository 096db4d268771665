"""Two models' errors on the same captures, from what people verified of them: paired, and free of the routing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product

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
    challenger. As in `production.estimate` each place's answers therefore stand for all of its captures.

    Intervals are of a posterior with Jeffreys' prior: of the four ways that two models can be right or wrong in each
    place, and of how often captures fall into it (a Bayesian bootstrap: Rubin 1981). They say what to expect of
    captures to come, for that is what a promotion is about. Whether both agree is known of every capture, and where
    they do no difference can be: the interval of the difference is of the captures that they differ on.
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
    hits = np.array([[answers.get(place, Counter())[way] for way in range(4)] for place in places], float)
    sizes_of = np.array([sizes[place] for place in places], float)
    rates, drawn = np.zeros((len(places), 4)), np.zeros((DRAWS, len(places), 4))
    draws = np.random.default_rng(SEED)
    for passed, agrees in product((False, True), (False, True)):
        arm = np.array([(place.passed, place.agrees) == (passed, agrees) for place in places])
        if arm.any():
            rates[arm], drawn[:, arm] = _rates(
                sizes_of[arm], hits[arm], AGREEING if agrees else DIFFERING, draws
            )
    shares = (sizes_of[:, None] * rates).sum(axis=0) / captures
    some = _spread(sizes_of, drawn, draws, differ=not all(place.agrees for place in places))
    return Paired(
        _share(shares[[CHALLENGER, NEITHER]].sum(), some[:, [CHALLENGER, NEITHER]].sum(axis=1), count),
        _share(shares[[CHAMPION, NEITHER]].sum(), some[:, [CHAMPION, NEITHER]].sum(axis=1), count),
        _share(shares[CHAMPION] - shares[CHALLENGER], some[:, CHAMPION] - some[:, CHALLENGER], count),
        captures,
        count,
        unchecked,
    )


def _outcome(champion_right: bool, challenger_right: bool) -> int:
    if champion_right:
        return BOTH if challenger_right else CHAMPION
    return CHALLENGER if challenger_right else NEITHER


def _rates(
    size: NDArray[np.float64],
    hit: NDArray[np.float64],
    possible: NDArray[np.float64],
    draws: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often each way comes in the n places of an arm, of `size` (n,), by the answers `hit` (n, 4): the estimate
    (n, 4), and DRAWS of what it may be (DRAWS, n, 4). Only the `possible` ways (4,) are thought of unseen."""
    seen = hit.sum(axis=1)
    prior = 0.5 * possible
    # A place that nobody answered for is like the others of its arm, by one answer's weight.
    pooled = (hit.sum(axis=0) + prior) / (hit.sum() + prior.sum())
    known = seen > 0
    rates = np.where(known[:, None], hit / np.maximum(seen, 1)[:, None], pooled)
    some = np.zeros((DRAWS, *hit.shape))
    some[:, known] = _dirichlet(hit[known] + prior * (size[known] / size.sum())[:, None], draws)
    # What is unknown together is drawn together.
    some[:, ~known] = _dirichlet(pooled[None, :], draws)
    return rates, some


def _spread(
    size: NDArray[np.float64], drawn: NDArray[np.float64], draws: np.random.Generator, *, differ: bool
) -> NDArray[np.float64]:
    """The ways (DRAWS, 4) over all places, as often as captures to come may fall into each."""
    if not differ:
        # That they never differed yet does not say that they never will.
        size = np.append(size, 0.5)
        drawn = np.concatenate([drawn, _dirichlet(0.5 * DIFFERING[None, :], draws)], axis=1)
    weights = draws.standard_gamma(size, (DRAWS, len(size)))
    weights /= weights.sum(axis=1, keepdims=True)
    return (weights[:, :, None] * drawn).sum(axis=1)


def _dirichlet(alpha: NDArray[np.float64], draws: np.random.Generator) -> NDArray[np.float64]:
    """(DRAWS, n, 4) from `alpha` (n, 4); a way with alpha 0 never comes."""
    gammas = draws.standard_gamma(alpha, (DRAWS, *alpha.shape))
    return gammas / np.maximum(gammas.sum(axis=2, keepdims=True), np.finfo(float).tiny)


def _share(value: float, some: NDArray[np.float64], answers: int) -> Share:
    low, high = np.quantile(some, TAILS)
    return Share(float(value), float(min(low, value)), float(max(high, value)), answers)
