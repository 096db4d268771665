"""Setting what a project's model may cost."""

from django.db import transaction

from inference import rules
from inference.models import ServingBudget
from people.models import Project, User
from people.services import audit
from people.services.announcements import announce, project_topic

MOST_MS = 3_600_000.0
MOST_BYTES = 2**40


class BudgetRefused(ValueError):
    """A budget that cannot be; `field` is the one that is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field, self.reason = field, reason


@transaction.atomic
def set_budget(
    *, user: User | None, project: Project, latency_ms: float | None, most_bytes: int | None
) -> ServingBudget:
    """Bound the p95 of one picture on one thread and the size of the files; None does not bound.

    Raises PermissionDenied and BudgetRefused.
    """
    if user is not None:
        rules.check_set_budget(user, project)
    if latency_ms is not None and not 0 < latency_ms <= MOST_MS:
        raise BudgetRefused("latency_ms", f"must be above 0 and at most {MOST_MS:.0f}.")
    if most_bytes is not None and not 0 < most_bytes <= MOST_BYTES:
        raise BudgetRefused("bytes", f"must be above 0 and at most {MOST_BYTES}.")
    made, _ = ServingBudget.objects.update_or_create(
        project=project, defaults={"latency_ms": latency_ms, "bytes": most_bytes}
    )
    audit.record(
        actor=user,
        action="serving_budget.set",
        target=made,
        project_id=project.pk,
        detail={"latency_ms": latency_ms, "bytes": most_bytes},
    )
    announce(project_topic(project.pk), "models.changed", [project.pk])
    return made
