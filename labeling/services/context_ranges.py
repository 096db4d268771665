"""Into which ranges reports put the numbers of a context: changed by whoever leads the project."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from labeling import rules
from labeling.domain.agreement import ranges
from labeling.domain.values import ValueRefused
from labeling.models import ContextRanges
from labeling.queries.agreement import measured
from people.models import Project
from people.services import audit


@transaction.atomic
def change(*, user: Any, project: Project, edges: Mapping[str, Sequence[float]]) -> None:
    """From now on reports use these edges, by key; other keys stay. No edges: no ranges of that key, and none fixed.

    Frozen reports keep those they were made with. Raises PermissionDenied, and ValueRefused naming the key.
    """
    rules.check_manage(user, project)
    # Two people at once may not come to more keys than there may be.
    Project.objects.select_for_update().get(pk=project.pk)
    before = measured.in_force(project)
    errors = {key: [reason] for key, given in edges.items() if (reason := _refusal(key, given))}
    now = before | {key: [float(edge) for edge in given] for key, given in edges.items() if key not in errors}
    in_use = {key for key, given in now.items() if given}
    if len(in_use) > max(measured.MOST_KEYS, len(before)):
        errors |= {
            key: [f"is one too many: at most {measured.MOST_KEYS} keys are put into ranges. Empty another."]
            for key in edges
            if key in in_use - set(before)
        }
    if errors:
        raise ValueRefused(errors)
    for key in edges:
        ContextRanges.objects.update_or_create(project=project, key=key, defaults={"edges": now[key]})
    audit.record(
        actor=user,
        action="context_ranges.changed",
        target=project,
        project_id=project.pk,
        detail={
            "before": {key: list(before.get(key, ())) for key in edges},
            "now": {key: now[key] for key in edges},
        },
    )


def _refusal(key: str, edges: Sequence[float]) -> str:
    """Why not; "" where nothing speaks against it."""
    if not 0 < len(key) <= ranges.LONGEST_KEY or "\0" in key:
        return f"is no key: 1 to {ranges.LONGEST_KEY} characters."
    if len(edges) > ranges.MOST_EDGES:
        return f"has too many edges: at most {ranges.MOST_EDGES}."
    if any(not math.isfinite(edge) or abs(edge) >= ranges.LARGEST for edge in edges):
        return "has an edge that is no number of use."
    if list(edges) != sorted(set(edges)):
        return "must have its edges ascending, each once."
    return ""
