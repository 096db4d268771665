"""How far the model that serves is trusted now, and why: what a line may slow down by."""

from typing import Any

from django.db.models import Sum

from feedback.enums import TrustState
from feedback.models import Certificate, Ledger
from feedback.queries import certificates, policies
from feedback.queries.capacity import capacity
from inference.enums import Stage
from inference.models import ModelVersion
from people.models import Project

NO_MODEL = "No model serves yet, so that there is nothing to trust."
BY_HAND = "The threshold is set by hand; nothing is promised."
NOT_YET = "Not certified yet: everything goes to people until enough of their answers are in."


def trust(project: Project) -> dict[str, Any]:
    """`{state, reason, threshold, bound, budget, answers, model, policy, slices, labels, waiting, capacity}`.

    Ratios are 0..1. `waiting` is how many open questions hold up what was answered after them, and `capacity` what
    people have time for (see `queries.capacity`), None before it was measured.

    The state is the worst of all cells: of what has no budget or slice of its own, each label's and each slice's.
    """
    policy = policies.in_force(project)
    model = ModelVersion.objects.filter(project=project, stage=Stage.CHAMPION).first()
    if model is None and policy is not None:
        newest = Certificate.objects.filter(policy=policy).order_by("-id").select_related("model").first()
        model = newest.model if newest else None
    found: dict[str, Any] = {
        "state": TrustState.STOP.value,
        "reason": NO_MODEL,
        "threshold": None,
        "bound": None,
        "budget": policy.error_budget if policy else None,
        "answers": 0,
        "model": str(model.pk) if model else None,
        "policy": policy.version if policy else None,
        "slices": [],
        "labels": [],
        "waiting": 0,
        "capacity": capacity(project),
    }
    if policy is None or model is None:
        return found
    if policy.error_budget is None:
        return found | {"state": TrustState.CAUTIOUS.value, "reason": BY_HAND, "threshold": policy.threshold}
    open_ = Ledger.objects.filter(policy=policy, model=model).aggregate(waiting=Sum("waiting"))
    found["waiting"] = open_["waiting"] or 0
    cells = list(certificates.in_force(policy, [model.pk]).values())
    whole = [cell for cell in cells if not cell.slice and not cell.label]
    found["slices"] = [_shown(cell) for cell in cells if cell.slice]
    found["labels"] = [_shown(cell) for cell in cells if cell.label and not cell.slice]
    if not cells:
        return found | {"reason": NOT_YET}
    order = [TrustState.OK, TrustState.CAUTIOUS, TrustState.STOP]
    worst = max(cells, key=lambda cell: order.index(TrustState(cell.state)))
    trusted = [cell for cell in cells if certificates.trusted(cell)]
    # Where some of it is trusted the line need not stop: what is not goes to people by itself.
    state = TrustState.CAUTIOUS if trusted and worst.state == TrustState.STOP else TrustState(worst.state)
    held = whole[0] if whole else worst
    return found | {
        "state": state.value,
        "reason": worst.reason,
        "threshold": held.threshold,
        "bound": held.bound,
        "answers": held.answers,
    }


def _shown(cell: Certificate) -> dict[str, Any]:
    return {
        "slice": cell.slice,
        "label": cell.label,
        "state": cell.state,
        "reason": cell.reason,
        "threshold": cell.threshold,
        "bound": cell.bound,
        "answers": cell.answers,
    }
