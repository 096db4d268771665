"""Giving models trust as people's answers earn it, and taking it back when they no longer do."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from feedback.domain import line
from feedback.domain.stream import Cell, Terms
from feedback.enums import TrustState
from feedback.models import Certificate, Ledger, RoutingDecision, RoutingPolicy, Workload
from feedback.queries import certificates, evidence, policies
from feedback.queries.evidence import Line
from feedback.services import ledgers, workloads
from inference.domain.cells import budgets_of
from people.enums import AlarmKind
from people.models import Alarm, Project
from people.services import alarms
from people.services.announcements import announce, project_topic

ALARM = AlarmKind.ERROR_BUDGET
AT_ONCE = 5_000
"""So many answers are read while somebody waits for a page."""

BURSTS = 500
"""So many bursts are remembered: pictures of one burst show the same thing, and the first alone is evidence."""


@transaction.atomic
def recertify(*, project: Project) -> list[Certificate]:
    """Take in what people answered since, cell by cell, and certify what follows; returns the certificates made.

    Each cell is a `feedback.domain.stream.Cell`, as in replay, fed with the answers in the order of the decisions
    (`feedback.domain.line`). What it has learned is kept in its ledger, so that an answer is read once; where there is
    none, as under a new policy or calibration, it is made again from the newest answers. Safe to run again. Where
    trust is taken back an alarm says so, and is settled once there is trust again. A policy without a budget is
    certified by nobody.
    """
    policy = policies.in_force(project)
    if policy is None:
        return []
    # Two workers would each write a certificate from the same answers.
    RoutingPolicy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    standing = certificates.in_force(policy)
    made = []
    if policy.error_budget is not None:
        Ledger.objects.filter(policy__project=project).exclude(policy=policy).delete()
        made = _taken_in(policy, standing)
        Certificate.objects.bulk_create(made)
    _alarm(project, policy, standing, made)
    if made:
        announce(project_topic(project.pk), "trust.changed", [row.pk for row in made])
    return made


def begin(*, project: Project) -> list[Certificate]:
    """Certify by what was verified under earlier policies; where that is too much to wait for, the next job does."""
    awaited = RoutingDecision.objects.filter(project_id=project.pk, awaited=True)
    if awaited[: AT_ONCE + 1].count() > AT_ONCE:
        return []
    return recertify(project=project)


def recertify_all() -> None:
    """Measure what people get done in every project, and certify those whose policy in force has a budget."""
    newest = RoutingPolicy.objects.order_by("project_id", "-version").distinct("project_id")
    for policy in newest.select_related("project", "queue", "audit_queue"):
        workloads.measure(policy=policy)
        if policy.error_budget is not None:
            recertify(project=policy.project)


def _taken_in(policy: RoutingPolicy, standing: dict[certificates.Cell, Certificate]) -> list[Certificate]:
    """Bring every ledger up to date; returns the certificates that follow, which are not stored yet."""
    now = timezone.now()
    held, after = ledgers.usable(policy, now)
    by_cell: dict[certificates.Cell, list[Line]] = defaultdict(list)
    read_to = after
    for each in evidence.lines(policy, after):
        read_to = each.decision_id
        for label in budgets_of(each.labels, policy.label_rules, policy.error_budget or 0.0):
            by_cell[each.model_id, each.slice, label].append(each)
    patience = _patience(policy.project)
    made, fed = [], []
    for cell, lines in by_cell.items():
        ledger = held.get(cell) or ledgers.begun(policy, cell, lines[0])
        fed.append(ledger)
        certificate = _take_in(policy, ledger, lines, standing.get(cell), patience, read_to)
        if certificate is not None:
            made.append(certificate)
    ledgers.keep(policy, fed, read_to=read_to, now=now)
    return made


def _take_in(
    policy: RoutingPolicy,
    ledger: Ledger,
    lines: Sequence[Line],
    standing: Certificate | None,
    patience: int,
    read_to: UUID,
) -> Certificate | None:
    """Have one cell learn from what came after its ledger; the certificate that follows, if it says anything new."""
    terms = terms_of(policy)
    cell = Cell.restored(terms, ledger.label, ledger.state) if ledger.state else Cell(terms, ledger.label)
    awaited = _first_of_bursts([each for each in lines if each.decision_id > ledger.taken_to], ledger.bursts)
    items = [each.item for each in awaited]
    done, looked = line.take_in(cell, items, patience=patience)
    ahead = line.foreseen(cell, items[done:])
    ledger.state = cell.state()
    ledger.taken += done
    ledger.waiting = sum(item.wrong is None for item in items[done:])
    ledger.bursts = (ledger.bursts + [_burst(each) for each in awaited[:done] if each.burst])[-BURSTS:]
    ledger.taken_to = (
        ledgers.just_before(awaited[done].decision_id)
        if done < len(awaited)
        else max(ledger.taken_to, read_to)
    )
    trust = (ahead or cell).trust()
    state = trust.state if trust.threshold is not None else TrustState.STOP
    if (
        not looked
        and standing is not None
        and (standing.state, standing.threshold) == (state, trust.threshold)
    ):
        return None
    if standing is None and not done:
        return None
    return Certificate(
        project_id=policy.project_id,
        policy=policy,
        model_id=ledger.model_id,
        slice=ledger.slice,
        label=ledger.label,
        state=state.value,
        budget=cell.budget,
        threshold=trust.threshold,
        bound=trust.bound,
        error_rate=trust.error_rate,
        answers=trust.answers,
        verified=ledger.taken,
        rests_on=awaited[done - 1].decision_id if done else (standing.rests_on if standing else None),
        evidence=trust.evidence,
        reason=trust.reason,
    )


def terms_of(policy: RoutingPolicy) -> Terms:
    """What a policy with a budget promises."""
    own = {
        label: rule["error_budget"] for label, rule in policy.label_rules.items() if "error_budget" in rule
    }
    return Terms(
        budget=policy.error_budget or 0.0,
        confidence=policy.confidence_level,
        audit_share=policy.audit_share,
        label_budgets=own,
    )


def _patience(project: Project) -> int:
    """A day's work may be open without any of the sample being passed over."""
    done = Workload.objects.filter(project=project).values_list("done", flat=True).first()
    return max(line.FEW, done or 0)


def _first_of_bursts(lines: Iterable[Line], known: Iterable[str]) -> list[Line]:
    """Of the pictures of one burst the first alone: they show the same thing, and ten prove no more than one."""
    seen, found = set(known), []
    for each in lines:
        burst = _burst(each)
        if not each.burst or burst not in seen:
            seen.add(burst)
            found.append(each)
    return found


def _burst(each: Line) -> str:
    return f"{each.burst}{'' if each.item.counts else '~'}"


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
