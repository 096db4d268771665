"""Certificates: what holds now for each cell of a policy."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from feedback.enums import TrustState
from feedback.models import Certificate, RoutingPolicy
from inference.domain.terms import Held

Cell = tuple[UUID, str, str]
"""A model, a slice and a label."""


def in_force(
    policy: RoutingPolicy, models: Iterable[UUID] | None = None, *, until: UUID | str | None = None
) -> dict[Cell, Certificate]:
    """The newest certificate of each cell, of these models or of all; as it was when `until` was the newest."""
    rows: Any = Certificate.objects.filter(policy=policy)
    if until is not None:
        rows = rows.filter(pk__lte=until)
    if models is not None:
        rows = rows.filter(model_id__in=set(models))
    newest = rows.order_by("model_id", "slice", "label", "-id").distinct("model_id", "slice", "label")
    return {(row.model_id, row.slice, row.label): row for row in newest}


def history(policy: RoutingPolicy, most: int = 500) -> list[dict[str, Any]]:
    """The policy's newest certificates, the oldest of them first: the bound against the budget over time.

    Each is `{at, model, slice, label, state, budget, threshold, bound, error_rate, answers, verified, evidence,
    reason}`; ratios are 0..1, and `model` is its number. One holds until the next of its model, slice and label.
    """
    rows: Any = Certificate.objects.filter(policy=policy).order_by("-id").select_related("model")[:most]
    return [
        {
            "at": row.created_at,
            "model": row.model.number,
            "slice": row.slice,
            "label": row.label,
            "state": row.state,
            "budget": row.budget if row.budget is not None else policy.error_budget,
            "threshold": row.threshold,
            "bound": row.bound,
            "error_rate": row.error_rate,
            "answers": row.answers,
            "verified": row.verified,
            "evidence": row.evidence,
            "reason": row.reason,
        }
        for row in reversed(rows)
    ]


def trusted(certificate: Certificate | None) -> bool:
    """Whether it lets anything be accepted."""
    return (
        certificate is not None and certificate.state != TrustState.STOP and certificate.threshold is not None
    )


def held(certificate: Certificate | None) -> Held | None:
    """The same for the decision, which knows no database."""
    if certificate is None:
        return None
    return Held(certificate.threshold, certificate.bound, trusted(certificate))
