"""Whose answers are awaited as evidence, what a review is worth, and how soon each is asked."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from feedback.domain import benefit, pace
from feedback.domain.stream import sampled_share
from feedback.models import Certificate, RoutingDecision, RoutingPolicy, Workload
from feedback.queries import certificates
from feedback.queries.certificates import Cell
from inference.domain.cells import budgets_of, labels_of
from inference.domain.edge import drawn_for
from inference.domain.routing import Decision, sticky_draw
from inference.enums import Action
from inference.models import Prediction


class Asking:
    """The terms on which people are asked, for predictions that are routed at the same time."""

    def __init__(
        self, policy: RoutingPolicy, workload: Workload | None, trust: Mapping[Cell, Certificate]
    ) -> None:
        self._policy, self._trust, self._workload = policy, trust, workload
        self._share = workload.share if workload else 1.0
        self._now = timezone.now()
        self._trusted_parts = {
            (model, part) for (model, part, _), held in trust.items() if certificates.trusted(held)
        }

    def terms(self, prediction: Prediction, decision: Decision, *, part: str) -> dict[str, Any]:
        """What a RoutingDecision keeps of it: `draw`, `sampled`, `watched`, `awaited` and `benefit`."""
        drawn = drawn_for(prediction.capture_id, prediction.capture.external)
        draw = sticky_draw(self._policy.draw_key.encode(), drawn)
        sampled = self._sampled(prediction, part)
        reviewed = decision.action == Action.REVIEW
        watched = sampled
        if self._policy.error_budget is not None:
            watched = pace.watched(self._share, sampled=sampled, audit_share=self._policy.audit_share)
        return {
            "draw": draw,
            "sampled": sampled,
            "watched": watched,
            "awaited": decision.action in (Action.REVIEW, Action.AUDIT)
            and draw < (watched if reviewed else sampled),
            "benefit": self._benefit(prediction),
        }

    def priority(self, decision: RoutingDecision) -> int:
        """How soon people are asked, 0..9: audits by their draws, reviews by `benefit.asked_priority`."""
        sampled, watched, draw = decision.sampled or 0.0, decision.watched or 0.0, decision.draw or 0.0
        rank = draw / (sampled if draw < sampled else watched) if decision.awaited else None
        if decision.action == Action.AUDIT:
            return benefit.sample_priority(1.0 if rank is None else rank)
        workload = self._workload
        return benefit.asked_priority(
            rank=rank if self._policy.error_budget is not None else None,
            share=self._share,
            worth=decision.benefit or 0.0,
            cuts=workload.cuts if workload and workload.cuts else benefit.UNMEASURED,
        )

    def _sampled(self, prediction: Prediction, part: str) -> float:
        """The share of all predictions in its cells, whatever they are worth, whose answers are evidence.

        A picture of several labels may lie in several cells: one share for all cells of a model and slice, or some
        would hold more of the pictures that they share with another.
        """
        policy = self._policy
        reach = pace.reach(self._share)
        if policy.error_budget is None:
            asks_all = policy.threshold >= 1 and not any(
                "threshold" in r for r in policy.label_rules.values()
            )
            return reach if asks_all and policy.audit_share else policy.audit_share
        if "label" in prediction.value:
            (label,) = budgets_of(labels_of(prediction.value), policy.label_rules, policy.error_budget)
            trusted = certificates.trusted(self._trust.get((prediction.model_id, part, label)))
        else:
            trusted = (prediction.model_id, part) in self._trusted_parts
        return sampled_share(trusted=trusted, audit_share=policy.audit_share, reach=reach)

    def _benefit(self, prediction: Prediction) -> float:
        policy, labels, capture = self._policy, labels_of(prediction.value), prediction.capture
        rarities: Mapping[str, float] = self._workload.rarities if self._workload else {}
        drifts: Mapping[str, float] = self._workload.drifts if self._workload else {}
        cost = 1.0
        if policy.error_budget is not None:
            own = budgets_of(labels, policy.label_rules, policy.error_budget)
            cost = benefit.cost_of(policy.error_budget, list(own.values()))
        age = self._now - (capture.captured_at or self._now)
        return benefit.benefit(
            1 - prediction.confidence,
            cost=cost,
            novelty=prediction.novelty or 0.0,
            rarity=max((rarities.get(label, 0.0) for label in labels), default=0.0),
            drift=drifts.get(str(capture.source_id), 0.0),
            age_days=age.total_seconds() / 86_400,
        )
