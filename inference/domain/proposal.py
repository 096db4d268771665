"""A prediction that came from outside, checked and in one shape."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from labeling.domain.values import ValueRefused, check_value

LONGEST_NAME = 200
_FIELDS = {"value", "label", "confidence", "scores", "model"}


def check_proposal(
    given: Any, *, task_type: str, labels: Collection[str], width: float, height: float
) -> dict[str, Any]:
    """The proposal as `{value, confidence, scores, model}`; `{"label": KEY}` may stand for its value.

    `confidence` is 0..1 and required, `scores` 0..1 by label, `model` a name. Raises
    labeling.domain.values.ValueRefused with paths that begin with `prediction`.
    """
    if not isinstance(given, dict):
        raise ValueRefused({"prediction": ["must be a JSON object."]})
    if unknown := sorted(set(given) - _FIELDS):
        known = ", ".join(sorted(_FIELDS))
        raise ValueRefused({f"prediction.{unknown[0][:80]}": [f"is not part of a prediction; it has {known}."]})
    value = given.get("value", {"label": given["label"]} if "label" in given else None)
    errors: dict[str, list[str]] = {}
    try:
        value = check_value(value, task_type=task_type, labels=labels, width=width, height=height)
    except ValueRefused as refused:
        errors |= {f"prediction.{path}": reasons for path, reasons in refused.errors.items()}
    if not _is_ratio(given.get("confidence")):
        errors["prediction.confidence"] = ["must be a number from 0 to 1."]
    scores = given.get("scores", {})
    if not isinstance(scores, dict):
        errors["prediction.scores"] = ["must be an object of a number for each label."]
    else:
        for label, score in scores.items():
            if label not in labels:
                errors[f"prediction.scores.{label[:80]}"] = ["is not a label of this project."]
            elif not _is_ratio(score):
                errors[f"prediction.scores.{label}"] = ["must be a number from 0 to 1."]
    model = given.get("model", "external")
    if not isinstance(model, str) or not 0 < len(model.strip()) <= LONGEST_NAME:
        errors["prediction.model"] = [f"must be a name of 1 to {LONGEST_NAME} characters."]
    if errors:
        raise ValueRefused(errors)
    return {
        "value": value,
        "confidence": float(given["confidence"]),
        "scores": {label: float(score) for label, score in scores.items()},
        "model": model.strip(),
    }


def _is_ratio(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= 1
    )
