"""A stream of predictions, one at a time: what is accepted by what is known so far, in serving and in replay alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from feedback.domain.certification import Certification
from feedback.domain.change import Change
from feedback.domain.evidence import Evidence
from feedback.domain.harm import Harm
from feedback.enums import TrustState
from inference.domain.routing import Decision, decide

NOTHING = math.nextafter(1, 2)
"""A threshold that no confidence reaches."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy promises: `budget`, 0..1, the error rate of what is accepted, with `confidence`, 0..1.

    `audit_share` of the accepted is checked. `label_budgets` are budgets of their own, by predicted label.
    Raises ValueError for what is out of range.
    """

    budget: float
    confidence: float = 0.95
    audit_share: float = 0.05
    label_budgets: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, budget in (("", self.budget), *self.label_budgets.items()):
            if not 0 < budget < 1:
                raise ValueError(
                    f"The budget{name and f' of {name}'} must be above 0 and below 1, not {budget}."
                )
        if not 0 < self.confidence < 1:
            raise ValueError(f"The confidence must be above 0 and below 1, not {self.confidence}.")
        if not 0 <= self.audit_share <= 1:
            raise ValueError(f"The audit share must be from 0 to 1, not {self.audit_share}.")

    def cell_of(self, label: str, part: str) -> tuple[str, str]:
        """Where a prediction's evidence is kept: (label with a budget of its own, else "", slice)."""
        return (label if label in self.label_budgets else "", part)


def sampled_share(*, trusted: bool, audit_share: float, reach: float = 1.0) -> float:
    """The chance, 0..1, that every prediction, whatever its confidence, has of its answer counting as evidence.

    While everything goes to people it is the share that they have time for, `reach`; else the audit share: a
    reviewed prediction is evidence where its draw would have had it audited too. So the evidence is a uniform sample
    of the stream, and exact bounds hold.
    """
    return audit_share if trusted else reach


@dataclass(frozen=True, slots=True)
class Trust:
    """How far a cell is trusted: what a certificate records. `evidence` is the wealth of the bet on harm."""

    state: TrustState
    threshold: float | None
    bound: float | None
    error_rate: float | None
    answers: int
    evidence: float
    reason: str


class Cell:
    """One budget: the predictions of a label in a slice, what was verified of them, and what follows.

    Each cell proves its own budget with its own evidence, with the confidence of the policy; a cell without
    evidence accepts nothing. After an alarm of `Harm` or `Change` everything goes to people until it is proved anew.
    `reach`, 0..1, is the share of everything that people have time to review, as far as is known.
    """

    def __init__(self, terms: Terms, label: str = "") -> None:
        self.terms = terms
        self.budget = terms.label_budgets.get(label, terms.budget)
        self.reach = 1.0
        self._alarm, self._wealth = "", 1.0
        self.alarms = 0
        self.threshold: float | None = None
        self._begin()

    @property
    def limit(self) -> float:
        """The confidence from which on predictions are accepted, as `decide` wants it; above 1: none."""
        return NOTHING if self.threshold is None else self.threshold

    @property
    def sampled(self) -> float:
        """See `sampled_share`."""
        return sampled_share(
            trusted=self.threshold is not None, audit_share=self.terms.audit_share, reach=self.reach
        )

    def decide(self, confidence: float, *, draw: float) -> Decision:
        """Accept, audit or review; see `inference.domain.routing.decide`."""
        return decide(confidence, threshold=self.limit, audit_share=self.terms.audit_share, draw=draw)

    def absorb(self, confidence: float, *, wrong: bool, accepted: bool, counts: bool) -> bool:
        """Take in a verified answer, in the order of the predictions; True when trust may have changed.

        `accepted`: the prediction was acted upon and this is its audit. `counts`: its draw was below what
        `sampled` was when it was decided about.
        """
        if accepted and self.threshold is not None:
            self._harm.absorb(wrong)
            if self._harm.state == TrustState.STOP:
                self._alarm = f"Audits found the budget of {self.budget:.2%} broken"
                return self._stop()
        if not accepted and self.threshold is not None and self._change.absorb(wrong):
            self._alarm = "People correct far more of what they review than before"
            return self._stop()
        if not counts or math.isnan(confidence):
            return False
        looked = self._evidence.absorb(confidence, wrong)
        if looked:
            self._look()
        return looked

    def trust(self) -> Trust:
        """The state of now, with its reason."""
        found, evidence = self._found, self._harm.evidence
        state, reason = self._harm.state, found.reason
        if self.threshold is None:
            state = TrustState.CAUTIOUS
            if self.alarms:
                state, evidence = TrustState.STOP, self._wealth
                reason = f"{self._alarm}; everything goes to people. {reason}"
        elif state == TrustState.CAUTIOUS:
            reason = f"Audits find more errors than expected ({self._harm.errors} in {self._harm.answers}). {reason}"
        return Trust(state, self.threshold, found.bound, found.error_rate, found.answers, evidence, reason)

    def state(self) -> dict[str, Any]:
        """All it has learned, as JSON can hold it."""
        return {
            "alarms": self.alarms,
            "threshold": self.threshold,
            "alarm": self._alarm,
            "wealth": self._wealth,
            "older": self._older,
            "found": asdict(self._found),
            "evidence": self._evidence.state(),
            "harm": self._harm.kept(),
            "change": self._change.state(),
        }

    @classmethod
    def restored(cls, terms: Terms, label: str, state: Mapping[str, Any]) -> Cell:
        """The cell that `state` was taken from; `terms` and `label` are those it had."""
        cell = cls(terms, label)
        cell.alarms, cell.threshold = state["alarms"], state["threshold"]
        cell._alarm, cell._wealth, cell._older = state["alarm"], state["wealth"], state["older"]
        cell._found = Certification(**state["found"])
        cell._evidence.restore(state["evidence"])
        cell._harm.restore(state["harm"])
        cell._change.restore(state["change"])
        return cell

    def _stop(self) -> bool:
        """Send everything to people until new evidence proves a threshold."""
        self.alarms += 1
        self._wealth = self._harm.evidence
        self.threshold = None
        self._begin()
        return True

    def _begin(self) -> None:
        self._evidence = Evidence(budget=self.budget, confidence=self.terms.confidence)
        self._harm = Harm(self.budget)
        self._change = Change()
        self._older = False
        self._found = self._evidence.certification()

    def _look(self) -> None:
        found = self._evidence.certification()
        if self._older and not self._supersedes(found):
            return
        self._older = False
        # The bet on harm goes on: whatever the threshold was, the budget was the same.
        if found.threshold != self.threshold:
            # Other predictions are reviewed from here on.
            self._change = Change()
        self._found, self.threshold = found, found.threshold
        if self._evidence.full:
            self._evidence = Evidence(budget=self.budget, confidence=self.terms.confidence)
            self._older = self.threshold is not None

    def _supersedes(self, found: Certification) -> bool:
        """Whether evidence that began anew says enough to replace what the former proved."""
        if self._evidence.mature:
            return True
        return (
            found.threshold is not None and self.threshold is not None and found.threshold <= self.threshold
        )
