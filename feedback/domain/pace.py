"""How much of what goes to people they have time for, from what came and what was done in a day."""

from __future__ import annotations

from dataclasses import dataclass

FEW = 200
"""So much may wait without anybody being behind."""

LEAST = 0.001
SURE = 0.8
"""While nothing is trusted, so much of people's time goes to the sample that is to prove a threshold."""

FIRST = 1 / 8
"""Of the evidence, the share that is asked before everything else while people keep up, for the day they do not."""

WATCH = 0.5
"""So much of people's time goes to reviews drawn evenly, the rest to what is worth most."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A day's questions to people: how many `came` and were `done`, and how many are `waiting` now."""

    came: int
    done: int
    waiting: int

    @property
    def most_waiting(self) -> int:
        """So many may wait: a day's work, or a few."""
        return max(FEW, self.done)

    @property
    def share(self) -> float:
        """The share of what comes that people keep up with; 1 while no more waits than a day's work."""
        if self.waiting <= self.most_waiting or self.done >= self.came:
            return 1.0
        return max(LEAST, self.done / self.came)

    @property
    def excess(self) -> int:
        """How many of those that wait are beyond a day's work."""
        return max(0, self.waiting - self.most_waiting)


def reach(share: float) -> float:
    """The share of everything that may be promised an answer while everything goes to people."""
    return 1.0 if share >= 1 else SURE * share


def watched(share: float, *, sampled: float, audit_share: float) -> float:
    """The share of reviews, drawn evenly, whose answers are waited for to see whether they become harder.

    No less than what is `sampled` for the thresholds.
    """
    return 1.0 if share >= 1 else max(sampled, audit_share, WATCH * share)


def asked_first(watched: float) -> float:
    """The part of a sample that was asked before everything else, by the share `watched` when it was asked."""
    return FIRST if watched >= 1 else 1.0
