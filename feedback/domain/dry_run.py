"""What a policy would have done with a project's own past, of which people verified a part: with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from feedback.domain.replay import Row, replay
from feedback.domain.stream import Terms

BINS = 6
PLAYS = 200
STEPS = 80_000
FEWEST_PLAYS, MOST_PLAYS = 20, 60
"""A policy with a budget is played as often as STEPS predictions allow, within these: some seconds."""

TAILS = (0.025, 0.975)


class NothingKnown(Exception):
    """Why nothing can be said of the past, as a sentence."""


@dataclass(frozen=True)
class Past:
    """Predictions in their order in time, each shape (n,).

    `passed`: accepted or audited at the time; `audited`: audited. `wrong` is 1 or 0 as people verified it, NaN where
    nobody did. `novelty` is 0..1, NaN where not measured. `predictions` is how many they stand for: of the pictures
    of one burst one alone is played, as one alone counts as evidence.
    """

    confidence: NDArray[np.float64]
    novelty: NDArray[np.float64]
    labels: Sequence[str]
    slices: Sequence[str]
    passed: NDArray[np.bool_]
    audited: NDArray[np.bool_]
    wrong: NDArray[np.float64]
    predictions: int


@dataclass(frozen=True)
class Wish:
    """A policy to try: `terms` None where the threshold is set by hand. Numbers are 0..1."""

    threshold: float
    audit_share: float
    terms: Terms | None = None
    label_thresholds: Mapping[str, float] = field(default_factory=dict)
    novelty_limit: float | None = None


@dataclass(frozen=True, slots=True)
class Guess:
    """A number that is not known exactly: its mean and its 95% interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class DryRun:
    """Counts of `predictions`: what the policies of the time did (`then`) and what the wished one would have.

    `errors` are wrong ones among the accepted, audited or not; `more_errors` is the difference. `verified` is how
    many answers it rests on, `plays` how often the unverified rest was drawn anew.
    """

    predictions: int
    verified: int
    plays: int
    reviewed_then: float
    audited_then: float
    errors_then: Guess
    reviewed: Guess
    audited: Guess
    errors: Guess
    more_errors: Guess


def dry_run(past: Past, wish: Wish, *, seed: int = 0) -> DryRun:
    """Play the past through the wished policy; what nobody verified is drawn again for each play.

    An unverified prediction is wrong with the rate of verified ones like it: as sure, and accepted or reviewed as it
    was, so that the error of accepted ones comes from audits alone (multiple imputation, Rubin 1987; the rate is
    drawn from its posterior, so that few answers give wide intervals). A policy with a budget begins with nothing
    proved, and goes through `replay`, the code that serves. The same `seed` gives the same figures.

    Raises NothingKnown where there is no past, or one of which nobody verified what was accepted or reviewed.
    """
    if not len(past.confidence):
        raise NothingKnown("There are no predictions in this time.")
    draws = np.random.default_rng(seed)
    imagined = _imagine(past, draws)
    count = len(past.confidence)
    plays = PLAYS if wish.terms is None else int(np.clip(STEPS // count, FEWEST_PLAYS, MOST_PLAYS))
    play = _by_hand(past, wish, draws) if wish.terms is None else _by_evidence(past, wish, wish.terms)
    rows = np.empty((plays, 4))
    for number in range(plays):
        wrong = imagined()
        rows[number] = *play(wrong, number), wrong[past.passed].sum()
    scale = past.predictions / count
    reviewed, audited, errors, errors_then = (scale * rows).T
    return DryRun(
        past.predictions,
        int(np.isfinite(past.wrong).sum()),
        plays,
        scale * float((~past.passed).sum()),
        scale * float(past.audited.sum()),
        _guess(errors_then),
        _guess(reviewed),
        _guess(audited),
        _guess(errors),
        _guess(errors - errors_then),
    )


Play = Callable[[NDArray[np.bool_], int], tuple[float, float, float]]
"""From what was wrong, and the number of the play, to how many are reviewed, audited, and wrongly accepted."""


def _by_hand(past: Past, wish: Wish, draws: np.random.Generator) -> Play:
    accepted = _may_pass(past, wish)

    def play(wrong: NDArray[np.bool_], number: int) -> tuple[float, float, float]:
        audited = draws.binomial(int(accepted.sum()), wish.audit_share)
        return float((~accepted).sum()), float(audited), float(wrong[accepted].sum())

    return play


def _by_evidence(past: Past, wish: Wish, terms: Terms) -> Play:
    may_pass = _may_pass(past, wish)
    places = np.flatnonzero(may_pass).tolist()
    rest = float((~may_pass).sum())

    def play(wrong: NDArray[np.bool_], number: int) -> tuple[float, float, float]:
        rows = (Row(float(past.confidence[i]), not wrong[i], past.labels[i], past.slices[i]) for i in places)
        found = replay(rows, terms, seed=number)
        return rest + found["reviewed"], float(found["audited"]), float(found["accepted_errors"])

    return play


def _may_pass(past: Past, wish: Wish) -> NDArray[np.bool_]:
    """What neither a threshold set by hand nor the novelty limit sends to people."""
    floors = np.array([wish.label_thresholds.get(label, wish.threshold) for label in past.labels])
    passes = (past.confidence >= floors) & (floors < 1)
    if wish.novelty_limit is not None:
        passes &= past.novelty <= wish.novelty_limit
    return passes


def _imagine(past: Past, draws: np.random.Generator) -> Callable[[], NDArray[np.bool_]]:
    """A function that draws which predictions were wrong; verified ones are as they were verified."""
    known = np.isfinite(past.wrong)
    unknown = ~known
    group = np.zeros(len(known), int)
    above, below = [], []
    for arm, words in ((past.passed, "accepted"), (~past.passed, "reviewed")):
        if not arm.any():
            continue
        if not (arm & known).any():
            raise NothingKnown(
                f"Nothing of what was {words} in this time was verified by people, so that nobody knows how "
                "often it was wrong."
            )
        edges = np.unique(np.quantile(past.confidence[arm], np.linspace(0, 1, BINS + 1)[1:-1]))
        at = len(above) + np.searchsorted(edges, past.confidence[arm], side="right")
        group[arm] = at
        verified = past.wrong[arm & known]
        # Jeffreys' prior, spread over the bins; one without answers is like its arm, by one answer's weight.
        rate = (verified.sum() + 0.5) / (len(verified) + 1)
        prior = 0.5 / (len(edges) + 1)
        for place in range(len(above), len(above) + len(edges) + 1):
            here = past.wrong[known & arm & (group == place)]
            above.append(here.sum() + prior if len(here) else rate)
            below.append(len(here) - here.sum() + prior if len(here) else 1 - rate)

    def imagined() -> NDArray[np.bool_]:
        rates = draws.beta(above, below)
        wrong = past.wrong == 1
        wrong[unknown] = draws.random(int(unknown.sum())) < rates[group[unknown]]
        return wrong

    return imagined


def _guess(some: NDArray[np.float64]) -> Guess:
    low, high = np.quantile(some, TAILS)
    return Guess(float(some.mean()), float(low), float(high))
