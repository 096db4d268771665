"""Sending each prediction where the policy in force says: on, to people, or on and to a blind audit.

That of a camera that sees nothing is set aside: counted, and put to nobody.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db import transaction

from feedback.domain.groups import burst_of
from feedback.models import Certificate, RoutingDecision, RoutingPolicy
from feedback.queries import cameras, capacity, certificates
from feedback.queries.certificates import Cell
from feedback.services import policies
from feedback.services.asking import Asking
from inference.domain.cells import slice_of
from inference.domain.edge import decided_by, drawn_for
from inference.domain.routing import Decision, aside
from inference.domain.terms import decide_by, rules_for
from inference.enums import Action
from inference.models import Prediction
from inference.queries.proposals import proposal_of
from labeling.models import Queue, Source
from labeling.services.tasks import Request, open_tasks
from people.services.inserts import insert


@transaction.atomic(savepoint=False)
def route(
    *, predictions: Sequence[Prediction], blind: Mapping[int, str] | None = None
) -> list[RoutingDecision]:
    """Decide about each prediction once and open the tasks that follow; returns the decisions made.

    A capture that was routed before keeps its decision. `capture`, `image` and `model` of each must be loaded. `blind`
    is what `queries.cameras.blind` says of their sources, for who has asked already.
    """
    if blind is None:
        blind = cameras.blind({prediction.capture.source_id for prediction in predictions})
    by_terms: dict[tuple[Any, str | None, str | None], list[Prediction]] = defaultdict(list)
    for prediction in predictions:
        by_terms[prediction.project_id, *decided_by(prediction.capture.external)].append(prediction)
    made = []
    for (_, policy, newest), group in by_terms.items():
        if policy is None:
            made += _route(policies.in_force(project=group[0].project), group, blind)
        else:
            # A device decided already: the same terms and the same draw come to the same decision here.
            made += _route(RoutingPolicy.objects.get(pk=policy), group, blind, until=newest)
    return made


def _route(
    policy: RoutingPolicy,
    predictions: list[Prediction],
    blind: Mapping[int, str],
    *,
    until: str | None = None,
) -> list[RoutingDecision]:
    decided = {}
    models = {prediction.model_id for prediction in predictions}
    trust = certificates.in_force(policy, models, until=until) if policy.error_budget else {}
    slices = _slices(policy, predictions)
    asking = Asking(policy, capacity.workload(policy.project), trust)
    for prediction in predictions:
        part = slices.get(prediction.capture_id, "")
        decision, certificate = decision_about(policy, prediction, trust=trust, part=part)
        if fault := blind.get(prediction.capture.source_id):
            decision = aside(decision, fault)
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
    made = insert(decided.values(), ignore_conflicts=True)
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
    decision, label = decide_by(
        policy,
        value=prediction.value,
        confidence=prediction.confidence,
        novelty=prediction.novelty,
        drawn_for=drawn_for(prediction.capture_id, prediction.capture.external),
        held=lambda label: certificates.held(trust.get((prediction.model_id, part, label))),
    )
    return decision, None if label is None else trust[prediction.model_id, part, label]


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


def _ask(
    policy: RoutingPolicy,
    decisions: list[RoutingDecision],
    predictions: dict[Any, Prediction],
    asking: Asking,
) -> None:
    """Open the tasks of what goes to people, each queue's at once."""
    asked = [decision for decision in decisions if decision.action in (Action.REVIEW, Action.AUDIT)]
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
            names = [
                rule["queue"] for rule in rules_for(policy, prediction.value) if rule.get("queue") in named
            ]
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
