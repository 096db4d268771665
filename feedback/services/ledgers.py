"""Keeping what each cell has learned, and making it again where it no longer follows from the answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from feedback.models import Ledger, RoutingPolicy
from feedback.queries import evidence
from feedback.queries.certificates import Cell
from feedback.queries.evidence import Line
from inference.enums import Stage
from inference.models import Calibration

ANEW = timedelta(hours=1)
"""One whose answers were corrected is made again, no oftener than this."""

LONGEST_WRITE = timedelta(minutes=1)
"""An answer counts from when it was given, and may come to light so much later."""


def usable(policy: RoutingPolicy, now: datetime) -> tuple[dict[Cell, Ledger], UUID]:
    """The ledgers that may go on, and the decision after which evidence is to be read.

    Those that may not are gone: their calibration is no longer in force, an answer in them was corrected, or their
    next answer is older than what is kept in mind. Where one of a model is gone its evidence is read from the start.
    """
    floor = evidence.floor_of(policy.project)
    rows = list(Ledger.objects.filter(policy=policy).exclude(model__stage=Stage.RETIRED))
    if not rows:
        return {}, floor
    _mark_corrected(policy, rows)
    in_force = _calibrations({row.model_id for row in rows})
    held, gone = {}, []
    for row in rows:
        due = row.corrected and row.begun_at < now - ANEW
        if due or row.taken_to < floor or row.calibration_id != in_force.get(row.model_id):
            gone.append(row.pk)
        else:
            held[row.model_id, row.slice, row.label] = row
    if gone:
        Ledger.objects.filter(pk__in=gone).delete()
        return held, floor
    return held, min(row.taken_to for row in rows)


def begun(policy: RoutingPolicy, cell: Cell, first: Line) -> Ledger:
    """An empty ledger for a cell whose evidence begins with the line `first`; not stored yet."""
    model_id, part, label = cell
    return Ledger(
        policy=policy,
        model_id=model_id,
        slice=part,
        label=label,
        calibration_id=_calibrations({model_id}).get(model_id),
        state={},
        taken_to=just_before(first.decision_id),
    )


def keep(policy: RoutingPolicy, fed: Sequence[Ledger], *, read_to: UUID, now: datetime) -> None:
    """Store those that were fed; the others have nothing to wait for up to `read_to`."""
    new = [ledger for ledger in fed if ledger._state.adding]
    old = [ledger for ledger in fed if not ledger._state.adding]
    Ledger.objects.bulk_update(old, ["state", "bursts", "taken", "taken_to", "waiting"])
    Ledger.objects.bulk_create(new)
    idle: Any = Ledger.objects.filter(policy=policy).exclude(pk__in=[ledger.pk for ledger in fed])
    idle.filter(taken_to__lt=read_to).exclude(model__stage=Stage.RETIRED).update(taken_to=read_to)
    Ledger.objects.filter(policy=policy).update(fed_at=now)


def just_before(decision_id: UUID) -> UUID:
    """The id below which all earlier decisions are."""
    return UUID(int=decision_id.int - 1)


def _mark_corrected(policy: RoutingPolicy, rows: Sequence[Ledger]) -> None:
    since = min(row.fed_at for row in rows) - LONGEST_WRITE
    changed = evidence.corrected(policy.project, since)
    for row in rows:
        if not row.corrected and any(each <= row.taken_to for each in changed.get(row.model_id, ())):
            row.corrected = True
            row.save(update_fields=["corrected"])


def _calibrations(models: set[UUID]) -> dict[UUID, UUID]:
    """By model the calibration in force; those without one are left out."""
    newest: Any = Calibration.objects.filter(model__in=models).order_by("model", "-id").distinct("model")
    return dict(newest.values_list("model_id", "id"))
