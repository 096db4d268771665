"""What a model's confidence is worth, as its page shows it: in words, as diagrams, by label and by camera."""

from collections.abc import Mapping
from typing import Any

from feedback.queries.confidences import standing
from feedback.views.reliability_chart import reliability_chart
from inference.domain.recalibration import LEAST_ANSWERS
from inference.models import ModelVersion
from labeling.domain.intervals import wilson_share
from labeling.templatetags.figures import percent


def calibration_context(model: ModelVersion, names: Mapping[str, str]) -> dict[str, Any]:
    """The panel of the model's page; `names` are the labels' by key."""
    held, today = standing(model)
    if today is None:
        return {"calibration": {"answers": 0, "least": LEAST_ANSWERS}}
    charts = [_chart(today, "Today")]
    if held is not None:
        charts = [
            _chart(held.metrics["before"], "Before it was calibrated"),
            _chart(held.metrics["after"], "After"),
        ]
    return {
        "calibration": {
            "answers": today["all"]["count"],
            "least": LEAST_ANSWERS,
            "enough": today["all"]["count"] >= LEAST_ANSWERS,
            "in_force": held,
            "words": conclusion(today["all"]),
            "charts": charts,
            "parts": [
                ("Label", [(names.get(key, key), _part(found)) for key, found in today["by_label"].items()]),
                ("Camera", [(key, _part(found)) for key, found in today["by_source"].items()]),
            ],
        }
    }


def conclusion(figures: Mapping[str, Any]) -> str:
    """One sentence: whether its confidence can be believed, by the interval of how often it was right."""
    low, high = wilson_share(figures["accuracy"], figures["effective"])
    said, right = percent(figures["confidence"]), percent(figures["accuracy"])
    if figures["confidence"] > high:
        return f"It is surer than it should be: on average {said} sure, it was right {right} of the time."
    if figures["confidence"] < low:
        return f"It is better than it says: on average {said} sure, it was right {right} of the time."
    return f"Its confidence means what it says: on average {said} sure, it was right {right} of the time."


def _part(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**found, "interval": wilson_share(found["accuracy"], found["effective"])}


def _chart(figures: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {"name": name, "svg": reliability_chart(figures["all"], f"{name}: reliability"), **figures["all"]}
