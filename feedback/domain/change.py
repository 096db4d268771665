"""Whether what people review has become harder for the model: a sign that the stream is not what was certified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feedback.domain import binomial
from feedback.domain.harm import Harm
from feedback.enums import TrustState

BASELINE = 100
DOUBT = 0.01


class Change:
    """A bet that the reviewed are wrong more often than they were: reviews are many where audits are few.

    The first 100 reviews below a threshold give a rate, whose Clopper-Pearson bound at 1% later ones are held
    against, as audits are against the budget (`Harm`): a stream that stays as it is raises an alarm with a
    probability of at most 1% + 1/30. An alarm is no proof that the accepted are wrong, but one that the
    certificate's evidence is of another stream.
    """

    def __init__(self) -> None:
        self._answers = self._errors = 0
        self._bet: Harm | None = None

    def absorb(self, wrong: bool) -> bool:
        """Take in one review; True when the stream has changed for the worse."""
        if self._bet is not None:
            self._bet.absorb(wrong)
            return self._bet.state == TrustState.STOP
        self._answers += 1
        self._errors += wrong
        if self._answers == BASELINE and self._errors < BASELINE:
            self._bet = Harm(binomial.upper_bound(self._errors, self._answers, DOUBT))
        return False

    def state(self) -> dict[str, Any]:
        """All it has learned, as JSON can hold it."""
        bet = self._bet
        return {
            "answers": self._answers,
            "errors": self._errors,
            "bet": {"budget": bet.budget, **bet.kept()} if bet is not None else None,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Know what `state` was taken from."""
        self._answers, self._errors = state["answers"], state["errors"]
        if state["bet"] is not None:
            self._bet = Harm(state["bet"]["budget"])
            self._bet.restore(state["bet"])
