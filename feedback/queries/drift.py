"""The reference in force, what looking came to, and whether verified answers speak of harm."""

from collections import defaultdict
from dataclasses import dataclass

from feedback.models import Certificate
from inference.domain.drift.panel import LEAST
from inference.models import DriftCheck, DriftReference, ModelVersion
from people.enums import AlarmKind
from people.models import Alarm, Project

HARM = AlarmKind.ERROR_BUDGET
"""The kind of alarm by which verified answers take back a model's trust: see services.certifying."""
FEW = 30
"""Verified answers: fewer say nothing of harm."""


def in_force(project: Project, model: ModelVersion) -> DriftReference | None:
    """The newest reference, if it is of this model."""
    newest = DriftReference.objects.filter(project=project).order_by("-id").first()
    return newest if newest is not None and newest.model_id == model.pk else None


def harmed(project: Project, model: ModelVersion) -> bool | None:
    """Whether verified answers say that the model errs more than it may; None where too few say anything."""
    if Alarm.objects.filter(project=project, kind=HARM, settled_at=None).exists():
        return True
    newest = Certificate.objects.filter(project=project, model=model).order_by("-id").first()
    return False if newest is not None and newest.verified >= FEW else None


def by_source(reference: DriftReference, limit: int) -> dict[str, list[DriftCheck]]:
    """The newest checks of each source, oldest first; `limit` of them in all for each source of the reference."""
    found: dict[str, list[DriftCheck]] = defaultdict(list)
    rows = DriftCheck.objects.filter(reference=reference).order_by("-id")
    for row in rows[: limit * (len(reference.sources) + 1)]:
        found[row.source].append(row)
    return {source: kept[::-1] for source, kept in sorted(found.items())}


@dataclass(frozen=True)
class Standing:
    """`state` is learning, as usual or changed; the newest check of all sources together speaks for the project."""

    state: str
    sentence: str
    kind: str = ""


def standing(reference: DriftReference | None) -> Standing:
    """How things stand under the reference in force."""
    if reference is None:
        return Standing(
            "learning", "No model of this project has predicted anything that could be watched yet."
        )
    if not reference.captures:
        return Standing(
            "learning",
            f"What is usual is learnt from the first {LEAST} captures of a model; fewer have come since it began.",
        )
    newest = DriftCheck.objects.filter(reference=reference).order_by("-id").first()
    if newest is not None:
        # One look makes a check of each source in the same transaction, and so at the same time.
        told = DriftCheck.objects.filter(reference=reference, at=newest.at, changed=True).first()
        if told is not None:
            return Standing("changed", told.sentence, told.kind)
    since = f"{reference.seen:,} were looked at since" if reference.seen else "none was looked at yet since"
    return Standing(
        "as usual",
        f"Pictures and predictions look as they did in the reference of {reference.captures:,} captures; {since}.",
    )
