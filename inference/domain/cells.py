"""What earns its trust apart: each slice, and in it each label that has a budget of its own."""

from collections.abc import Iterable, Mapping
from typing import Any

LONGEST = 200


def slice_of(slice_by: str, *, source: str, site: str, context: Mapping[str, Any]) -> str:
    """The slice of a capture by `source`, `site` or `context.KEY`; "" where nothing is sliced or known."""
    if slice_by == "source":
        return source[:LONGEST]
    if slice_by == "site":
        return site[:LONGEST]
    found = context.get(slice_by.removeprefix("context."))
    return "" if found is None or not slice_by else str(found)[:LONGEST]


def labels_of(value: Mapping[str, Any]) -> list[str]:
    """The labels a value names, each once."""
    named = [value["label"]] if "label" in value else [region["label"] for region in value["regions"]]
    return list(dict.fromkeys(named))


def budgets_of(
    labels: Iterable[str], rules: Mapping[str, Mapping[str, Any]], budget: float
) -> dict[str, float]:
    """The budgets a prediction of these labels must keep, by the cell's label: "" for those without their own."""
    labels = list(labels)
    found = {
        label: rules[label]["error_budget"] for label in labels if "error_budget" in rules.get(label, {})
    }
    if len(found) < len(labels) or not labels:
        found[""] = budget
    return found


def same(said: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether two values say the same: the label, or the same boxes with the same labels."""
    if "label" in said or "label" in held:
        return said.get("label") == held.get("label")
    return _boxes(said) == _boxes(held)


def _boxes(value: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return sorted((region["label"], *region["box"]) for region in value["regions"])
