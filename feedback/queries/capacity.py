"""What people have time for, and what is left undone and at what risk."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from feedback.models import Workload
from people.models import Project
from people.queries.prepared import Prepared


def workload(project: Project) -> Workload | None:
    """What was measured last; None before the first time."""
    return MEASURED.first(project=project.pk)


def _measured(project: UUID) -> QuerySet[Workload]:
    return Workload.objects.filter(project_id=project)


MEASURED = Prepared(_measured, project=UUID(int=1))


def capacity(project: Project) -> dict[str, Any] | None:
    """`{came, done, waiting, share, excess, expected_errors, days, measured_at}`; None where nothing was measured.

    `came` and `done` are those of the last day. `share`, 0..1, is the part of what comes that people keep up with.
    `excess` is what waits beyond a day's work, `expected_errors` how many of those the model itself expects to have
    wrong, and `days` how long all that waits takes at that pace, None where nothing is being done.
    """
    held = workload(project)
    if held is None:
        return None
    return {
        "came": held.came,
        "done": held.done,
        "waiting": held.waiting,
        "share": held.share,
        "excess": held.excess,
        "expected_errors": held.expected_errors,
        "days": held.waiting / held.done if held.done else None,
        "measured_at": held.measured_at.isoformat(),
    }
