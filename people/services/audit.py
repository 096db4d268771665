"""Recording who did what, in the transaction that does it."""

from typing import Any
from uuid import UUID

from people.models import AuditEvent, User


def record(
    *,
    actor: User | None,
    action: str,
    target: object,
    project_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event. `target` is a model instance or a string; `actor` None stands for the machine."""
    named = target if isinstance(target, str) else f"{type(target).__name__} {getattr(target, 'pk', '')}"
    return AuditEvent.objects.create(
        actor=actor, action=action, target=named, project_id=project_id, detail=detail or {}
    )
