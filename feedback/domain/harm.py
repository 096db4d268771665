"""Evidence that more of the accepted are wrong than the budget allows, valid at whatever time one looks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from feedback.enums import TrustState

ALARM = 30.0
"""Wealth that stops: reached with a probability of at most 1/30 for as long as the budget is kept."""
CAUTION = 4.0
"""Wealth that warns: likewise with at most 1/4."""

AT_FIRST = 0.6
TIMES = ((1.5, 0.1), (2.0, 0.25), (3.0, 0.4), (5.0, 0.2), (10.0, 0.05))
"""How many times the budget the error rate may have become, and the share of the capital that bets on each."""


class Harm:
    """The wealth of a bet on audit answers that the error rate among the accepted is above `budget`.

    Each answer multiplies what is at stake by its likelihood ratio between the rate bet on and the budget
    (Waudby-Smith & Ramdas 2024; Podkopaev & Ramdas 2022, "Tracking the risk of a deployed model"). A part of the
    capital is at stake from the first answer, the rest comes in with each answer, for a change that begins there:
    Shiryaev and Roberts' detector with weights that sum to one, an e-process (Shin, Ramdas & Rinaldo 2024,
    "E-detectors"). So long as the rate is within the budget, `evidence` ever exceeds 30 with a probability of at
    most 1/30 (Ville 1939), while a change after a long good time is found too.

    The answers are a uniform sample of the accepted. Raises ValueError for a budget that is not above 0 and below 1.
    """

    def __init__(self, budget: float) -> None:
        if not 0 < budget < 1:
            raise ValueError("a budget is above 0 and below 1.")
        rates = [(min(budget * times, (1 + budget) / 2), share) for times, share in TIMES]
        self.budget = budget
        self.answers = 0
        self.errors = 0
        self._shares = [share for _, share in rates]
        self._if_wrong = [rate / budget for rate, _ in rates]
        self._if_right = [(1 - rate) / (1 - budget) for rate, _ in rates]
        self._stakes = [AT_FIRST * share for share in self._shares]

    def absorb(self, wrong: bool) -> None:
        """Take in one audit answer."""
        self.answers += 1
        self.errors += wrong
        # The shares telescope: what comes in over all time is 1 - AT_FIRST, and late changes are not forgotten.
        coming = (
            (1 - AT_FIRST) * math.log(2) * (1 / math.log(self.answers + 1) - 1 / math.log(self.answers + 2))
        )
        factors = self._if_wrong if wrong else self._if_right
        self._stakes = [
            (stake + coming * share) * factor
            for stake, share, factor in zip(self._stakes, self._shares, factors, strict=True)
        ]

    @property
    def evidence(self) -> float:
        """The wealth, 0..∞; it began at 1, of which what has not come in yet is not counted."""
        return sum(self._stakes)

    @property
    def state(self) -> TrustState:
        """OK, CAUTIOUS or STOP by the wealth of now; who stops keeps to it until the evidence begins anew."""
        if self.evidence >= ALARM:
            return TrustState.STOP
        return TrustState.CAUTIOUS if self.evidence >= CAUTION else TrustState.OK

    def kept(self) -> dict[str, Any]:
        """All it has learned, as JSON can hold it."""
        return {"answers": self.answers, "errors": self.errors, "stakes": self._stakes}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Know what `state` was taken from, under the same budget."""
        self.answers, self.errors, self._stakes = state["answers"], state["errors"], list(state["stakes"])
