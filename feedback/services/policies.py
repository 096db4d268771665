"""Setting by what rule predictions go to people."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from feedback import rules
from feedback.models import RoutingPolicy
from feedback.queries import policies
from feedback.services import certifying, policy_terms, trust_states
from labeling.domain.proposals import is_ratio
from labeling.domain.values import ValueRefused
from labeling.enums import Audience
from labeling.models import Queue
from people.models import Project
from people.services import audit
from people.services.announcements import announce, project_topic

FIRST_THRESHOLD = 0.9
FIRST_AUDIT_SHARE = 0.05
REVIEW, AUDIT = "review", "audit"


class PolicyRefused(ValueRefused):
    """A policy that cannot be."""


@transaction.atomic
def set_policy(
    *,
    user: Any,
    project: Project,
    audit_share: float,
    queue: Queue,
    threshold: float | None = None,
    label_rules: Mapping[str, Mapping[str, Any]] | None = None,
    **terms: Any,
) -> RoutingPolicy:
    """Put a new version in force, from the next prediction on.

    Below `threshold` a person is asked, in `queue`; at 1 always. Of the accepted, the share `audit_share` is checked
    blind. `label_rules`, `{label key: {"threshold", "queue": name}}`, hold for what was predicted to be that label,
    where either may be left out. `terms` are those of `policy_terms.DEFAULTS`: with an `error_budget` the threshold
    follows the evidence and `threshold` is only a floor, 0 where left out; without one it is required. A rule's
    `error_budget` gives its label a budget of its own.
    All other numbers are 0..1. What people verified before counts at once, or within
    a minute where it is much. Raises PolicyRefused, PermissionDenied.
    """
    rules.check_set_policy(user, project)
    policy = _add(
        project,
        threshold=threshold,
        audit_share=audit_share,
        queue=queue,
        label_rules=label_rules,
        by=user,
        **terms,
    )
    audit.record(
        actor=user,
        action="policy.set",
        target=policy,
        project_id=project.pk,
        detail={
            "version": policy.version,
            "threshold": policy.threshold,
            "audit_share": audit_share,
            "queue": queue.name,
            "label_rules": policy.label_rules,
            **{name: getattr(policy, name) for name in policy_terms.DEFAULTS},
        },
    )
    certifying.begin(project=project)
    trust_states.note(project=project)
    announce(project_topic(project.pk), "policy.set", [policy.pk])
    return policy


def in_force(*, project: Project) -> RoutingPolicy:
    """The policy in force; the first time, a cautious one is made, so that no prediction goes unrouted."""
    return policies.in_force(project) or _first(project)


@transaction.atomic
def _first(project: Project) -> RoutingPolicy:
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    held = policies.in_force(project)
    if held is not None:
        return held
    queue, _ = Queue.objects.get_or_create(
        project=project, name=REVIEW, defaults={"audience": Audience.ANNOTATOR}
    )
    return _add(project, threshold=FIRST_THRESHOLD, audit_share=FIRST_AUDIT_SHARE, queue=queue)


def _add(
    project: Project,
    *,
    threshold: float | None,
    audit_share: float,
    queue: Queue,
    label_rules: Mapping[str, Mapping[str, Any]] | None = None,
    by: Any = None,
    **given: Any,
) -> RoutingPolicy:
    # Two people may set a policy at the same instant: each gets a version of their own.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    policy = drafted(
        project,
        threshold=threshold,
        audit_share=audit_share,
        queue=queue,
        label_rules=label_rules,
        **given,
    )
    last = RoutingPolicy.objects.filter(project=project).aggregate(last=Max("version"))["last"] or 0
    policy.version, policy.by, policy.audit_queue = last + 1, by, _audit_queue(project)
    policy.save(force_insert=True)
    return policy


def drafted(
    project: Project,
    *,
    audit_share: float,
    queue: Queue,
    threshold: float | None = None,
    label_rules: Mapping[str, Mapping[str, Any]] | None = None,
    **given: Any,
) -> RoutingPolicy:
    """The policy that `set_policy` would put in force, checked and not saved. Raises PolicyRefused."""
    terms = policy_terms.DEFAULTS | given
    if threshold is None and terms["error_budget"] is not None:
        threshold = 0.0
    by_label = {key: dict(rule) for key, rule in (label_rules or {}).items()}
    errors = _errors(project, threshold, audit_share, queue, by_label)
    errors |= policy_terms.errors(terms, threshold=threshold, audit_share=audit_share, label_rules=by_label)
    if errors or threshold is None:
        raise PolicyRefused(errors)
    return RoutingPolicy(
        project=project,
        threshold=threshold,
        audit_share=audit_share,
        queue=queue,
        label_rules=by_label,
        **terms,
    )


def _audit_queue(project: Project) -> Queue:
    """The blind queue that audits go to: the one called `audit`, made if there is none."""
    queue, _ = Queue.objects.get_or_create(
        project=project, name=AUDIT, defaults={"audience": Audience.ANNOTATOR, "blind": True}
    )
    return queue


def _errors(
    project: Project,
    threshold: float | None,
    audit_share: float,
    queue: Queue,
    label_rules: dict[str, dict[str, Any]],
) -> dict[str, list[str]]:
    errors = {}
    for name, number in (("threshold", threshold), ("audit_share", audit_share)):
        if not is_ratio(number):
            errors[name] = ["must be a number from 0 to 1."]
    if queue.project_id != project.pk:
        errors["queue"] = ["is a queue of another project."]
    labels = set(project.labels.values_list("key", flat=True)) if label_rules else set()
    queues = sorted(project.queues.values_list("name", flat=True)) if label_rules else []
    for key, rule in label_rules.items():
        path = f"label_rules.{key[:80]}"
        if key not in labels:
            errors[path] = [f"is not a label of this project; it has {', '.join(sorted(labels)) or 'none'}."]
        if unknown := sorted(set(rule) - policy_terms.RULE_FIELDS):
            errors[f"{path}.{unknown[0][:80]}"] = [
                "is not known; a rule has a threshold, a queue and an error_budget."
            ]
        if "threshold" in rule and not is_ratio(rule["threshold"]):
            errors[f"{path}.threshold"] = ["must be a number from 0 to 1."]
        if "queue" in rule and rule["queue"] not in queues:
            errors[f"{path}.queue"] = [f"must name a queue of this project: {', '.join(queues)}."]
    return errors
