"""Giving models trust as people's answers earn it, and taking it back when they no longer do."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from feedback.domain.cells import budgets_of
from feedback.domain.certification import Certification, certify, least_answers, proof
from feedback.domain.harm import Harm
from feedback.enums import TrustState
from feedback.models import Certificate, RoutingPolicy
from feedback.queries import certificates, policies
from feedback.queries.evidence import Verified, verified
from inference.enums import Action
from people.models import Alarm, Project
from people.services import alarms
from people.services.announcements import announce, project_topic

ALARM = "error_budget"
NEW_ANSWERS = 10
"""So many more answers about a cell are a reason to look for harm again."""

GROWTH = 0.2
"""Thresholds are tested anew once there are so many more answers, as a share of those there were."""

WINDOW = 3000
"""A cell rests on so many of its newest answers, so that what a camera was like last year is forgotten."""

LEASTS = 4
"""On more where the budget asks for more: so many times the fewest that could prove it."""


@transaction.atomic
def recertify(*, project: Project) -> list[Certificate]:
    """Certify every cell of the policy in force that has new answers; returns the certificates made.

    Safe to run again: without new answers nothing is made. Where trust is taken back an alarm says so, and is
    settled once there is trust again. A policy without a budget is certified by nobody.
    """
    policy = policies.in_force(project)
    if policy is None:
        return []
    # Two workers would each write a certificate from the same answers.
    RoutingPolicy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    standing = certificates.in_force(policy)
    made = []
    if policy.error_budget is not None:
        for cell, rows in _cells(policy, verified(project, policy.slice_by)).items():
            held = standing.get(cell)
            begins_after = held.begins_after if held else None
            rows = [each for each in rows if not begins_after or each[0].decision_id > begins_after]
            if rows and _is_news(held, rows):
                made.append(_certificate(policy, cell, rows, held))
        Certificate.objects.bulk_create(made)
    _alarm(project, policy, standing, made)
    if made:
        announce(project_topic(project.pk), "trust.changed", [row.pk for row in made])
    return made


def recertify_all() -> None:
    """Certify every project whose policy in force has a budget."""
    newest = RoutingPolicy.objects.order_by("project_id", "-version").distinct("project_id")
    for policy in newest.select_related("project"):
        if policy.error_budget is not None:
            recertify(project=policy.project)


def _cells(
    policy: RoutingPolicy, rows: Sequence[Verified]
) -> dict[certificates.Cell, list[tuple[Verified, float]]]:
    """The answers about each cell, the oldest first, with the cell's budget."""
    found: dict[certificates.Cell, list[tuple[Verified, float]]] = defaultdict(list)
    budget = policy.error_budget or 0.0
    for row in rows:
        for label, its_budget in budgets_of(row.labels, policy.label_rules, budget).items():
            found[row.model_id, row.slice, label].append((row, its_budget))
    return found


def _is_news(held: Certificate | None, rows: Sequence[tuple[Verified, float]]) -> bool:
    """Whether NEW_ANSWERS were verified since: whether the newest that it rests on have as many after them."""
    if held is None:
        return True
    newer = _newer(rows, held.rests_on) if held.rests_on else len(rows)
    return newer >= NEW_ANSWERS or len(rows) - held.verified >= NEW_ANSWERS


def _certificate(
    policy: RoutingPolicy,
    cell: certificates.Cell,
    rows: Sequence[tuple[Verified, float]],
    held: Certificate | None,
) -> Certificate:
    model_id, part, label = cell
    found, looks, tested_to = _proved(policy, rows, held)
    state = TrustState.OK if found.threshold is not None else TrustState.STOP
    threshold, reason = found.threshold, found.reason
    harm = _harm(held, rows)
    if harm.state != TrustState.OK and state == TrustState.OK:
        state = harm.state
        reason = (
            f"{harm.errors} of the last {harm.answers} audits found an error: more than the budget allows."
        )
    if state == TrustState.STOP:
        threshold = None
    rests_on = max(row.decision_id for row, _ in rows)
    # After a change the model has to earn its trust by what was verified since: neither what it did well before
    # nor what showed the harm says how it is now.
    lost = certificates.trusted(held) and state == TrustState.STOP
    return Certificate(
        project_id=policy.project_id,
        policy=policy,
        model_id=model_id,
        slice=part,
        label=label,
        state=state.value,
        threshold=threshold,
        bound=found.bound,
        error_rate=found.error_rate,
        answers=found.answers,
        verified=len(rows),
        looks=looks,
        tested_to=None if lost else tested_to,
        rests_on=rests_on,
        begins_after=rests_on if lost else (held.begins_after if held else None),
        evidence=harm.evidence,
        reason=reason,
    )


def _proved(
    policy: RoutingPolicy, rows: Sequence[tuple[Verified, float]], held: Certificate | None
) -> tuple[Certification, int, UUID | None]:
    """What the answers prove, how often that was tested, and up to which decision; what was proved last stands
    until there are enough more.

    The k-th test has 6δ/(π²k²) of the policy's δ, which is δ for all of them together: the budget holds at the
    stated confidence however often a cell is certified.
    """
    budget = rows[0][1]
    if held is not None and held.tested_to is not None and _newer(rows, held.tested_to) < GROWTH * len(rows):
        reason = held.reason
        if held.threshold is not None and held.bound is not None:
            reason = proof(held.threshold, held.bound, held.answers, budget)
        stands = Certification(held.threshold, held.bound, held.error_rate, held.answers, reason)
        return stands, held.looks, held.tested_to
    looks = (held.looks if held else 0) + 1
    confidence = 1 - (1 - policy.confidence_level) * 6 / (math.pi * looks) ** 2
    least = least_answers(budget, confidence)
    tested_to = max(row.decision_id for row, _ in rows)
    if len(rows) < least:
        # Nothing is tested, so nothing of δ is spent.
        looks, tested_to = looks - 1, None
    found = certify(
        [
            (row.confidence, row.wrong, row.inclusion_probability)
            for row, _ in rows[-max(WINDOW, LEASTS * least) :]
        ],
        budget=budget,
        confidence=confidence,
    )
    return found, looks, tested_to


def _newer(rows: Sequence[tuple[Verified, float]], than: UUID) -> int:
    return sum(row.decision_id > than for row, _ in rows)


def _harm(held: Certificate | None, rows: Sequence[tuple[Verified, float]]) -> Harm:
    """The bet that what is accepted now is wrong too often, by the audits of it."""
    harm = Harm(rows[0][1])
    if held is not None and held.threshold is not None:
        for row, _ in rows:
            if row.action == Action.AUDIT and row.confidence >= held.threshold:
                harm.absorb(row.wrong)
    return harm


def _alarm(
    project: Project,
    policy: RoutingPolicy,
    standing: dict[certificates.Cell, Certificate],
    made: Sequence[Certificate],
) -> None:
    """An alarm for each cell that lost its trust, none for those that have it."""
    for row in made:
        before = standing.get((row.model_id, row.slice, row.label))
        if not certificates.trusted(row) and certificates.trusted(before):
            where = " ".join(part for part in (row.label, row.slice) if part) or "every prediction"
            alarms.raise_alarm(
                project=project,
                kind=ALARM,
                subject=_subject(row),
                words=f"People decide again about {where}: {row.reason}",
                detail={"certificate": str(row.pk), "policy": policy.version},
            )
    holding = {_subject(row) for row in (*standing.values(), *made)}
    trusted = {_subject(row) for row in made if certificates.trusted(row)}
    open_alarms: Any = Alarm.objects.filter(project=project, kind=ALARM, settled_at=None)
    for alarm in open_alarms.select_related("project"):
        # One about a policy or a model that is gone says nothing any more.
        if alarm.subject in trusted or alarm.subject not in holding:
            alarms.settle(user=None, alarm=alarm)


def _subject(row: Certificate) -> str:
    return f"{row.policy_id}:{row.model_id}:{row.slice}:{row.label}"[:200]
