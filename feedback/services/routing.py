"""Sending each prediction where the policy in force says: on, to people, or on and to a blind audit."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db import transaction

from feedback.domain.cells import budgets_of, labels_of, slice_of
from feedback.domain.groups import burst_of
from feedback.models import Certificate, RoutingDecision, RoutingPolicy
from feedback.queries import capacity, certificates
from feedback.queries.certificates import Cell
from feedback.services import policies
from feedback.services.asking import Asking
from inference.domain.routing import Decision, Requirement, decide, familiar, sticky_draw
from inference.enums import Action
from inference.models import Prediction
from inference.queries.proposals import proposal_of
from labeling.models import Queue, Source
from labeling.services.tasks import Request, open_tasks

ALWAYS = math.nextafter(1, 2)
"""A threshold of 1 asks people about everything, also where a model claims to be entirely sure."""


@transaction.atomic
def route(*, predictions: Sequence[Prediction]) -> list[RoutingDecision]:
    """Decide about each prediction once and open the tasks that follow; returns the decisions made.

    A capture that was routed before keeps its decision. `capture`, `image` and `model` of each must be loaded.
    """
    by_project: dict[Any, list[Prediction]] = defaultdict(list)
    for prediction in predictions:
        by_project[prediction.project_id].append(prediction)
    made = []
    for group in by_project.values():
        made += _route(policies.in_force(project=group[0].project), group)
    return made


def _route(policy: RoutingPolicy, predictions: list[Prediction]) -> list[RoutingDecision]:
    decided = {}
    trust = certificates.in_force(policy, {p.model_id for p in predictions}) if policy.error_budget else {}
    slices = _slices(policy, predictions)
    asking = Asking(policy, capacity.workload(policy.project), trust)
    for prediction in predictions:
        part = slices.get(prediction.capture_id, "")
        decision, certificate = decision_about(policy, prediction, trust=trust, part=part)
        burst = burst_of(prediction.capture.source_id, prediction.capture.captured_at)
        decided[prediction.capture_id] = RoutingDecision(
            project_id=policy.project_id,
            capture_id=prediction.capture_id,
            prediction_id=prediction.pk,
            policy=policy,
            action=decision.action.value,
            inclusion_probability=decision.inclusion_probability,
            burst=prediction.capture.image.group or (":".join(map(str, burst)) if burst else ""),
            slice=part,
            certificate_id=certificate.pk if certificate else None,
            conditions=list(decision.conditions),
            **asking.terms(prediction, decision, part=part),
        )
    # ON CONFLICT DO NOTHING says nothing of which rows it made: ask which of the ids are there afterwards.
    RoutingDecision.objects.bulk_create(decided.values(), ignore_conflicts=True)
    kept = set(
        RoutingDecision.objects.filter(pk__in=[row.pk for row in decided.values()]).values_list(
            "pk", flat=True
        )
    )
    made = [row for row in decided.values() if row.pk in kept]
    _ask(policy, made, {prediction.capture_id: prediction for prediction in predictions}, asking)
    return made


def decision_about(
    policy: RoutingPolicy,
    prediction: Prediction,
    *,
    trust: Mapping[Cell, Certificate] = MappingProxyType({}),
    part: str = "",
) -> tuple[Decision, Certificate | None]:
    """What the policy says of a prediction, and the certificate that decided; nothing is stored.

    `trust` holds what is certified and `part` is the prediction's slice; both matter to a policy with a budget
    alone, which accepts nothing that no certificate covers. The same capture draws the same again.
    """
    threshold = max(
        (rule["threshold"] for rule in _rules(policy, prediction) if "threshold" in rule),
        default=policy.threshold,
    )
    threshold = ALWAYS if threshold >= 1 else threshold
    requirements, strictest = [], None
    if policy.error_budget is not None:
        budgets = budgets_of(labels_of(prediction.value), policy.label_rules, policy.error_budget)
        for label, budget in budgets.items():
            held = trust.get((prediction.model_id, part, label))
            proved = certificates.trusted(held)
            bound = held.bound if held else None
            requirements.append(Requirement("error_bound_within_budget", bound, budget, proved))
            if held is not None and (strictest is None or not proved or _strict(held) > _strict(strictest)):
                strictest = held
            if proved and held is not None:
                threshold = max(threshold, _strict(held))
    if policy.novelty_limit is not None:
        requirements.append(familiar(prediction.novelty, policy.novelty_limit))
    decision = decide(
        prediction.confidence,
        threshold=threshold,
        audit_share=policy.audit_share,
        draw=sticky_draw(policy.draw_key.encode(), str(prediction.capture_id)),
        requirements=requirements,
    )
    return decision, strictest


def _strict(certificate: Certificate) -> float:
    return ALWAYS if certificate.threshold is None else certificate.threshold


def _slices(policy: RoutingPolicy, predictions: Sequence[Prediction]) -> dict[Any, str]:
    """The slice of each capture, by its id; empty where the policy makes none."""
    if not policy.slice_by:
        return {}
    wanted = {prediction.capture.source_id for prediction in predictions}
    sources = Source.objects.select_related("site").in_bulk(wanted)
    found = {}
    for prediction in predictions:
        source = sources[prediction.capture.source_id]
        found[prediction.capture_id] = slice_of(
            policy.slice_by,
            source=source.key,
            site=source.site.key if source.site else "",
            context=prediction.capture.context,
        )
    return found


def _rules(policy: RoutingPolicy, prediction: Prediction) -> list[dict[str, Any]]:
    """The rules for the labels that were predicted."""
    return [policy.label_rules[label] for label in labels_of(prediction.value) if label in policy.label_rules]


def _ask(
    policy: RoutingPolicy,
    decisions: list[RoutingDecision],
    predictions: dict[Any, Prediction],
    asking: Asking,
) -> None:
    """Open the tasks of what goes to people, each queue's at once."""
    asked = [decision for decision in decisions if decision.action != Action.ACCEPT]
    if not asked:
        return
    sources = {predictions[decision.capture_id].capture.source_id for decision in asked}
    sites = dict(Source.objects.filter(pk__in=sources).values_list("pk", "site_id"))
    own = {rule["queue"] for rule in policy.label_rules.values() if "queue" in rule}
    named = {queue.name: queue for queue in Queue.objects.filter(project=policy.project, name__in=own)}
    requests: dict[Queue, list[Request]] = defaultdict(list)
    for decision in asked:
        prediction = predictions[decision.capture_id]
        if decision.action == Action.AUDIT:
            queue = policy.audit_queue
        else:
            names = [rule["queue"] for rule in _rules(policy, prediction) if rule.get("queue") in named]
            queue = named[names[0]] if names else policy.queue
        requests[queue].append(
            Request(
                image=prediction.capture.image,
                site_id=sites[prediction.capture.source_id],
                proposal=proposal_of(prediction),
                capture_id=prediction.capture_id,
                priority=asking.priority(decision),
            )
        )
    for queue, wanted in requests.items():
        people = policy.audit_people if queue == policy.audit_queue else 0
        open_tasks(queue=queue, requests=wanted, answers=people)
