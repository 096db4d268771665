"""Verified answers counted by threshold, and which thresholds they have proved so far, at every look together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback.domain import binomial
from feedback.domain.boundaries import HORIZON_ERRORS, boundary
from feedback.domain.certification import Certification, least_answers

CHAINS = {0.6: 0.25, 0.35: 0.65, 0.1: 0.1}
"""Shares of the volume at which the sequences of tests begin, and the part of the risk that each has."""
STEPS = 64
LOOK_SHARE = 0.05
"""Looks are paid for, but take time: there is one after so many more answers."""

FULL = HORIZON_ERRORS
"""Answers are forgotten when so many errors would have been allowed among them: a world that drifts."""


class Evidence:
    """Answers of a uniform sample of a stream, for one budget: what is proved of each threshold.

    The thresholds are fixed once there are as many answers as prove a budget without an error, by quantiles of their
    confidences. Three sequences from strict to lax begin at different volumes with a part of the risk each, so that
    neither a weak nor a strong model is held up by where they begin; one that comes to where the next begins hands on
    its part of the risk (the fallback procedure, Wiens 2003). A threshold is proved once its errors were within the
    exact boundary at some look (`boundaries`): with the probability `confidence`, no threshold is ever proved wrongly
    while the stream stays as it is.
    """

    def __init__(self, *, budget: float, confidence: float) -> None:
        self.budget, self.confidence = budget, confidence
        self.answers = 0
        self._first: list[tuple[float, bool]] | None = []
        self._rising: list[float] = []
        self._least = least_answers(budget, confidence)
        self._next = self._least

    @property
    def full(self) -> bool:
        """Whether so much was seen that it is time to begin anew."""
        return self.answers * self.budget >= FULL

    @property
    def mature(self) -> bool:
        """Whether it holds half of what it ever will."""
        return self.answers * self.budget >= FULL / 2

    def absorb(self, confidence: float, wrong: bool) -> bool:
        """Take in one answer; True when there is enough that is new for `certification` to differ."""
        self.answers += 1
        if self._first is not None:
            self._first.append((confidence, wrong))
            if self.answers >= self._least:
                self._fix()
        else:
            place = bisect_right(self._rising, confidence) - 1
            if place >= 0:
                self._seen[place] += 1
                self._wrong[place] += wrong
        if self._first is not None or self.answers < self._next:
            return False
        self._next = self.answers + max(1, int(self.answers * LOOK_SHARE))
        return True

    def certification(self) -> Certification:
        """The laxest threshold that a sequence reaches, by all answers so far."""
        if self._first is not None:
            return Certification(
                None,
                None,
                None,
                self.answers,
                f"{self.answers} of at least {self._least} verified answers are there.",
            )
        above = np.cumsum(np.array(self._seen)[::-1])[::-1]
        errors = np.cumsum(np.array(self._wrong)[::-1])[::-1]
        rates = errors / np.maximum(above, 1)
        within = np.array([errors <= each.limit(above) for each in self._boundaries])
        self._proved |= within
        # What was proved once and looks broken now is not relied upon: the stream may have changed.
        reached, part = self._walk(self._proved & (rates <= self.budget))
        at = self._begins[0] if reached is None else reached
        count = int(above[at])
        bound = self.budget
        if reached is None or within[part, at]:
            bound = binomial.upper_bound(int(errors[at]), count, self._boundaries[part].level(count))
        if reached is not None:
            # At the boundary itself it is the budget but for the last digit.
            bound = min(bound, self.budget)
        rate = float(rates[at]) if count else None
        if reached is None:
            reason = (
                f"Not proved yet: up to {bound:.2%} of the surest may be wrong, by {count} verified answers"
            )
            return Certification(None, bound, rate, count, f"{reason}; the budget is {self.budget:.2%}.")
        threshold = self._rising[reached]
        reason = f"From {threshold:.4g} on at most {bound:.2%} are wrong, by {count} verified answers"
        return Certification(threshold, bound, rate, count, f"{reason}; the budget is {self.budget:.2%}.")

    def _walk(self, holds: NDArray[np.bool_]) -> tuple[int | None, int]:
        """The laxest threshold reached, and by which boundary; `holds` is of shape (boundaries, thresholds)."""
        reached, by, first = None, 0, 0
        for last, (begin, end) in enumerate(pairwise([*self._begins, -1])):
            place, part = begin, self._parts.index((first, last))
            while place > end and holds[part, place]:
                reached, by = place, part
                place -= 1
            # Whoever comes to where the next begins adds to its risk; who does not keeps their own.
            if place != end:
                first = last + 1
        return reached, by

    def state(self) -> dict[str, Any]:
        """All it has learned, as JSON can hold it."""
        kept: dict[str, Any] = {"answers": self.answers, "next": self._next, "first": self._first}
        if self._first is None:
            kept |= {
                "rising": self._rising,
                "seen": self._seen,
                "wrong": self._wrong,
                "proved": self._proved.tolist(),
                "begins": self._begins,
                "risks": self._risks,
            }
        return kept

    def restore(self, state: Mapping[str, Any]) -> None:
        """Know what `state` was taken from, under the same budget and confidence."""
        self.answers, self._next = state["answers"], state["next"]
        if state["first"] is not None:
            self._first = [(confidence, wrong) for confidence, wrong in state["first"]]
            return
        self._first = None
        self._rising = list(state["rising"])
        self._seen, self._wrong = list(state["seen"]), list(state["wrong"])
        self._begins, self._risks = list(state["begins"]), list(state["risks"])
        self._bound()
        self._proved = np.array(state["proved"], bool)

    def _bound(self) -> None:
        """Know the boundary of every run of sequences that hand their risk on, by its first and its last."""
        number = len(self._begins)
        self._parts = [(first, last) for first in range(number) for last in range(first, number)]
        self._boundaries = [
            boundary(self.budget, 1 - (1 - self.confidence) * sum(self._risks[first : last + 1]))
            for first, last in self._parts
        ]

    def _fix(self) -> None:
        """Choose the thresholds by the confidences seen, and count the answers that are there."""
        first, self._first = self._first or [], None
        scores = np.sort([confidence for confidence, _ in first])
        shares = np.linspace(0, 1, STEPS, endpoint=False)
        places = (shares * len(scores)).astype(int)
        self._rising = np.unique(scores[places]).tolist()
        self._seen = [0] * len(self._rising)
        self._wrong = [0] * len(self._rising)
        risks: dict[int, float] = {}
        for volume, risk in CHAINS.items():
            begin = bisect_right(self._rising, scores[int((1 - volume) * len(scores))]) - 1
            risks[begin] = risks.get(begin, 0.0) + risk
        self._begins = sorted(risks, reverse=True)
        self._risks = [risks[begin] for begin in self._begins]
        self._bound()
        self._proved = np.zeros((len(self._parts), len(self._rising)), bool)
        for confidence, wrong in first:
            place = bisect_right(self._rising, confidence) - 1
            self._seen[place] += 1
            self._wrong[place] += wrong
