"""Trying a policy on the project's own past before it is put in force."""

from dataclasses import dataclass
from typing import Any

from feedback import rules
from feedback.domain.dry_run import DryRun, NothingKnown, Wish, dry_run
from feedback.domain.stream import Terms
from feedback.models import RoutingPolicy
from feedback.queries import past, policies
from feedback.queries.serving import serving
from feedback.services import policy_terms
from feedback.services.policies import PolicyRefused, drafted
from labeling.models import Queue
from people.models import Project

MOST_DAYS = 90
USUAL_DAYS = 30


@dataclass(frozen=True)
class Change:
    """A term that would be another: its name, and both values as the API writes them."""

    term: str
    now: Any
    then: Any


@dataclass(frozen=True)
class Rehearsal:
    """A dry run of a policy on `stretch`; `found` None says in `nothing_known` why there is no figure."""

    policy: RoutingPolicy
    changes: list[Change]
    stretch: past.Stretch | None
    found: DryRun | None
    nothing_known: str = ""


def rehearse(
    *, user: Any, project: Project, queue: Queue, audit_share: float, days: int = USUAL_DAYS, **terms: Any
) -> Rehearsal:
    """What `set_policy` with these terms would have done in the last `days` days, 1..90. Nothing is stored.

    Of the model that serves; takes some seconds at most, however long the past (`queries.past.stretch` bounds it).
    Raises PolicyRefused, PermissionDenied.
    """
    rules.check_set_policy(user, project)
    if isinstance(days, bool) or not 1 <= days <= MOST_DAYS:
        raise PolicyRefused({"days": [f"must be from 1 to {MOST_DAYS}."]})
    policy = drafted(project, queue=queue, audit_share=audit_share, **terms)
    changes = changed(policies.in_force(project), policy)
    model = serving(project)
    if model is None:
        return Rehearsal(policy, changes, None, None, "No model has predicted anything here yet.")
    stretch = past.stretch(model, policy, days)
    try:
        return Rehearsal(policy, changes, stretch, dry_run(stretch.past, _wish(policy)))
    except NothingKnown as unknown:
        return Rehearsal(policy, changes, stretch, None, str(unknown))


def changed(now: RoutingPolicy | None, then: RoutingPolicy) -> list[Change]:
    """The terms in which `then` differs from the policy in force; all of them where there is none."""

    def value(policy: RoutingPolicy | None, name: str) -> Any:
        if policy is None:
            return None
        return policy.queue.name if name == "queue" else getattr(policy, name)

    names = ("threshold", "audit_share", "queue", *policy_terms.DEFAULTS, "label_rules")
    pairs = [(name, value(now, name), value(then, name)) for name in names]
    return [Change(*pair) for pair in pairs if now is None or pair[1] != pair[2]]


def _wish(policy: RoutingPolicy) -> Wish:
    by_label = policy.label_rules
    terms = None
    if policy.error_budget is not None:
        terms = Terms(
            budget=policy.error_budget,
            confidence=policy.confidence_level,
            audit_share=policy.audit_share,
            label_budgets={k: rule["error_budget"] for k, rule in by_label.items() if "error_budget" in rule},
        )
    return Wish(
        threshold=policy.threshold,
        audit_share=policy.audit_share,
        terms=terms,
        label_thresholds={k: rule["threshold"] for k, rule in by_label.items() if "threshold" in rule},
        novelty_limit=policy.novelty_limit,
    )
