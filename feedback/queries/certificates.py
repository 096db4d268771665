"""Certificates: what holds now for each cell of a policy."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from feedback.enums import TrustState
from feedback.models import Certificate, RoutingPolicy

Cell = tuple[UUID, str, str]
"""A model, a slice and a label."""


def in_force(policy: RoutingPolicy, models: Iterable[UUID] | None = None) -> dict[Cell, Certificate]:
    """The newest certificate of each cell, of these models or of all."""
    rows: Any = Certificate.objects.filter(policy=policy)
    if models is not None:
        rows = rows.filter(model_id__in=set(models))
    newest = rows.order_by("model_id", "slice", "label", "-id").distinct("model_id", "slice", "label")
    return {(row.model_id, row.slice, row.label): row for row in newest}


def trusted(certificate: Certificate | None) -> bool:
    """Whether it lets anything be accepted."""
    return (
        certificate is not None and certificate.state != TrustState.STOP and certificate.threshold is not None
    )
