"""A value somebody or something proposes, with how sure it is: checked where it comes in from outside."""

import math
from collections.abc import Collection
from typing import Any

from labeling.domain.documents import is_text
from labeling.domain.values import ValueRefused, check_value

BESIDES = ("confidence", "scores", "model")
LONGEST_NAME = 200


def check_proposal(
    proposal: Any,
    *,
    task_type: str,
    labels: Collection[str],
    width: float,
    height: float,
    field: str = "prediction",
) -> dict[str, Any]:
    """A wire value with `confidence` 0..1, `scores` {KEY: 0..1} and `model` (a name), each of which may be absent.

    Regions may carry a confidence of their own. Raises ValueRefused with paths that begin with `field`.
    """
    if not isinstance(proposal, dict):
        raise ValueRefused({field: ["must be an object."]})
    errors: dict[str, list[str]] = {}
    value = {name: part for name, part in proposal.items() if name not in BESIDES}
    try:
        value = check_value(value, task_type=task_type, labels=labels, width=width, height=height)
    except ValueRefused as refused:
        errors = {field + path.removeprefix("value"): reasons for path, reasons in refused.errors.items()}
    confidence, scores, model = (proposal.get(name) for name in BESIDES)
    if confidence is not None and not is_ratio(confidence):
        errors[f"{field}.confidence"] = ["must be a number from 0 to 1."]
    if scores is not None and not isinstance(scores, dict):
        errors[f"{field}.scores"] = ["must be an object of label keys and numbers."]
    for key, score in (scores or {}).items() if isinstance(scores, dict) else ():
        if key not in labels:
            errors[f"{field}.scores.{key[:80]}"] = ["is not a label of this project."]
        elif not is_ratio(score):
            errors[f"{field}.scores.{key}"] = ["must be a number from 0 to 1."]
    if model is not None and not (
        isinstance(model, str) and 0 < len(model) <= LONGEST_NAME and is_text(model)
    ):
        errors[f"{field}.model"] = [f"must be a name of up to {LONGEST_NAME} characters."]
    for index, region in enumerate(value.get("regions", []) if not errors else []):
        own = proposal["regions"][index].get("confidence")
        if own is not None and not is_ratio(own):
            errors[f"{field}.regions.{index}.confidence"] = ["must be a number from 0 to 1."]
        elif own is not None:
            region["confidence"] = float(own)
    if errors:
        raise ValueRefused(errors)
    return value | {name: proposal[name] for name in BESIDES if proposal.get(name) is not None}


def is_ratio(number: Any) -> bool:
    """Whether it is a finite number from 0 to 1."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return False
    return math.isfinite(number) and 0 <= number <= 1 if isinstance(number, float) else number in (0, 1)
