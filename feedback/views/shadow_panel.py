"""How a model does in shadow, as its page shows it: in a sentence, and beside the champion."""

from typing import Any

from feedback.domain.paired import ENOUGH, Paired
from feedback.queries.shadows import standing
from inference.enums import ModelRuntime, Stage
from inference.models import ModelVersion
from inference.queries import shadows
from inference.queries.models import champion
from inference.rules import can_shadow

LEAST_DIFFERENCE = 0.0005


def shadow_context(user: Any, model: ModelVersion) -> dict[str, Any]:
    """The panel of the model's page; None where there is nothing to say of it and nothing to press."""
    found = standing(model)
    startable = model.stage == Stage.CANDIDATE and model.runtime == ModelRuntime.ONNX
    if found is None and not startable:
        return {"shadow": None}
    serving = champion(model.project_id) if startable else None
    other = shadows.in_force(model.project_id) if startable else None
    return {
        "shadow": {
            "held": found.shadow if found else None,
            "goes_on": found is not None and found.shadow.ended_at is None,
            "agreement": found.agreement if found else None,
            "compared": found.compared if found else None,
            "enough": ENOUGH,
            "words": in_words(found.compared) if found and found.compared.verified else "",
            "rows": _rows(found.compared) if found and found.compared.verified else [],
            "may": can_shadow(user, model.project),
            "startable": startable and serving is not None and other is None,
            "serving": serving,
            "other": other.model if other else None,
        }
    }


def in_words(compared: Paired) -> str:
    """One sentence: whether it errs less than the champion, by the interval of the difference."""
    found = compared.difference
    if found.value is None or found.low is None or found.high is None:
        return ""
    so_far = "" if compared.is_enough else "So far: "
    if found.high < 0:
        return f"{so_far}it errs less than the champion, by {_points(-found.high, -found.low)} points (95%)."
    if found.low > 0:
        return f"{so_far}it errs more than the champion, by {_points(found.low, found.high)} points (95%)."
    if max(-found.low, found.high) < LEAST_DIFFERENCE:
        return f"{so_far}it errs as often as the champion."
    return (
        f"{so_far}it cannot be told apart from the champion: anything from {_points(-found.low)} points fewer errors "
        f"to {_points(found.high)} more is possible (95%)."
    )


def _points(*shares: float) -> str:
    return " to ".join(f"{share * 100:.1f}" for share in shares)


def _rows(compared: Paired) -> list[tuple[str, str, str]]:
    """(what, estimate, interval): the errors as percentages, the difference in points with its sign."""
    rows = [("The champion's errors", compared.champion), ("Its errors", compared.challenger)]
    return [
        *(
            (name, _percent(share.value), f"{_percent(share.low)} to {_percent(share.high)}")
            for name, share in rows
        ),
        (
            "Difference, in points",
            _signed(compared.difference.value),
            f"{_signed(compared.difference.low)} to {_signed(compared.difference.high)}",
        ),
    ]


def _percent(share: float | None) -> str:
    return f"{(share or 0) * 100:.1f}%"


def _signed(share: float | None) -> str:
    points = round((share or 0) * 100, 1)
    return f"{points:+.1f}".replace("-", "−") if points else "0.0"
