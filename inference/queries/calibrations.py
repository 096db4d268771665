"""The calibration in force: the newest of a model."""

from collections.abc import Iterable
from uuid import UUID

from inference.models import Calibration

OWN = 1.0
"""The temperature of a model without a calibration: its scores stand as they are."""


def newest(model_id: UUID) -> Calibration | None:
    """The model's calibration in force; None where its own scores stand."""
    return Calibration.objects.filter(model=model_id).order_by("-id").first()


def temperatures(ids: Iterable[UUID | None]) -> dict[UUID | None, float]:
    """By calibration id the temperature of each; that of None, no calibration, is OWN."""
    wanted = {pk for pk in ids if pk is not None}
    found = dict(Calibration.objects.filter(pk__in=wanted).values_list("pk", "temperature")) if wanted else {}
    return {None: OWN, **found}


def in_force(model_ids: Iterable[UUID]) -> dict[UUID, float]:
    """By model id the temperature in force, OWN where there is no calibration."""
    wanted = set(model_ids)
    rows = (
        Calibration.objects.filter(model__in=wanted)
        .order_by("model", "-id")
        .distinct("model")
        .values_list("model", "temperature")
    )
    return {**dict.fromkeys(wanted, OWN), **dict(rows)}
