"""What a model takes and whether it is worth it, as its page shows it: its profile, its baseline, and the budget."""

from collections.abc import Mapping
from typing import Any

from inference.domain.baseline_words import conclusion
from inference.domain.narrowing import WIDTHS
from inference.enums import JobKind
from inference.models import ModelVersion
from inference.queries.budgets import budget, over_budget
from inference.services.model_jobs import ENDED
from inference.services.narrowing import NarrowRefused, check_can_narrow
from labeling.domain.intervals import wilson


def costs_context(model: ModelVersion, names: Mapping[str, str]) -> dict[str, Any]:
    """The panels of the model's page; `names` are the labels' by key."""
    profile, found = model.profile, model.baseline
    jobs = model.jobs.filter(kind=JobKind.PROFILE.value).order_by("-pk")
    job = jobs.first()
    return {
        "profile": profile,
        "profile_job": job,
        "profiling": job is not None and job.state not in ENDED,
        "narrowing": job is not None and "narrow" in job.options,
        "may_narrow": _may_narrow(model),
        "narrower": model.children.filter(architecture__in=WIDTHS).order_by("number"),
        "is_full": len(profile.get("timings", [])) > 1,
        "precisions": [_precision(name, each) for name, each in profile.get("precisions", {}).items()],
        "budget": budget(model.project),
        "over_budget": over_budget(model),
        "baseline": found,
        "rules_tried": _tried(found),
        "baseline_words": conclusion(found),
        "baseline_labels": [(names.get(key, key), each) for key, each in found.get("per_label", {}).items()],
        "finds_boxes": "boxes" in found
        or any("f1" in each for each in profile.get("precisions", {}).values()),
    }


def _may_narrow(model: ModelVersion) -> bool:
    try:
        check_can_narrow(model)
    except NarrowRefused:
        return False
    return True


def _precision(name: str, found: dict[str, Any]) -> dict[str, Any]:
    if "right" not in found:
        return {"name": name, **found, "share": found.get("f1"), "interval": None}
    interval = wilson(found["right"], found["labelled"])
    share = found["right"] / found["labelled"]
    return {"name": name, **found, "share": share, "interval": interval}


def _tried(found: dict[str, Any]) -> list[dict[str, Any]]:
    count = found.get("images")
    if not count or "majority" not in found:
        return []
    rows = (
        ("This model", found["right"]),
        ("Always the label commonest among the others", found["majority"]),
        ("The nearest mean thumbnail, 16 × 16", found["thumbnail"]),
    )
    return [
        {"name": name, "right": right, "share": right / count, "interval": wilson(right, count)}
        for name, right in rows
    ]
