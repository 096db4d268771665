"""What a routing policy and the trust in a model say of one prediction; the centre and the edge decide by it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from inference.domain.cells import budgets_of, labels_of
from inference.domain.routing import Decision, Requirement, decide, familiar, sticky_draw

ALWAYS = math.nextafter(1, 2)
"""A threshold of 1 asks people about everything, also where a model claims to be entirely sure."""


class Terms(Protocol):
    """What a policy asks, ratios 0..1: without an `error_budget` the threshold is set by hand, without a
    `novelty_limit` nothing is too strange. `label_rules` may hold a threshold and a budget for a predicted label."""

    @property
    def threshold(self) -> float: ...
    @property
    def audit_share(self) -> float: ...
    @property
    def error_budget(self) -> float | None: ...
    @property
    def novelty_limit(self) -> float | None: ...
    @property
    def label_rules(self) -> Mapping[str, Mapping[str, Any]]: ...
    @property
    def draw_key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Held:
    """What is certified of one cell: nothing is accepted below `threshold`, or at all where it is not `proved`.

    `bound` is the upper bound of the error rate among the accepted, None where there is none yet.
    """

    threshold: float | None
    bound: float | None
    proved: bool

    @property
    def strictness(self) -> float:
        """The confidence from which on something is accepted."""
        return ALWAYS if self.threshold is None else self.threshold


def decide_by(
    terms: Terms,
    *,
    value: Mapping[str, Any],
    confidence: float,
    novelty: float | None,
    drawn_for: str,
    held: Callable[[str], Held | None],
) -> tuple[Decision, str | None]:
    """Where a prediction goes, and the label of the cell whose certificate was the strictest, None without any.

    `held` gives what is certified for a label ("" for those without a budget of their own), for the model that
    predicted and the slice of the capture; a policy with a budget accepts nothing that no certificate covers.
    `drawn_for` names the capture: for the same one, under the same policy, the same number is drawn.
    """
    rules = rules_for(terms, value)
    threshold = max((rule["threshold"] for rule in rules if "threshold" in rule), default=terms.threshold)
    threshold = ALWAYS if threshold >= 1 else threshold
    requirements = []
    strictest: tuple[str, Held] | None = None
    if terms.error_budget is not None:
        for label, budget in budgets_of(labels_of(value), terms.label_rules, terms.error_budget).items():
            found = held(label)
            proved = found is not None and found.proved
            bound = found.bound if found else None
            requirements.append(Requirement("error_bound_within_budget", bound, budget, proved))
            if found is None:
                continue
            if strictest is None or not proved or found.strictness > strictest[1].strictness:
                strictest = label, found
            if proved:
                threshold = max(threshold, found.strictness)
    if terms.novelty_limit is not None:
        requirements.append(familiar(novelty, terms.novelty_limit))
    decision = decide(
        confidence,
        threshold=threshold,
        audit_share=terms.audit_share,
        draw=sticky_draw(terms.draw_key.encode(), drawn_for),
        requirements=requirements,
    )
    return decision, strictest[0] if strictest else None


def rules_for(terms: Terms, value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rules for the labels that a value names."""
    return [terms.label_rules[label] for label in labels_of(value) if label in terms.label_rules]
