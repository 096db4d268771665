"""The terms of a policy that promises something: what they are where left out, and what is wrong with them."""

from collections.abc import Mapping
from typing import Any

from labeling.domain.proposals import is_ratio

DEFAULTS: dict[str, Any] = {
    "error_budget": None,
    "confidence_level": 0.95,
    "audit_people": 1,
    "slice_by": "",
    "novelty_limit": None,
}
"""By hand, for all together, with one person an audit."""

RULE_FIELDS = {"threshold", "queue", "error_budget"}
LONGEST_SLICE_BY = 80


def errors(
    terms: Mapping[str, Any],
    *,
    threshold: float | None,
    audit_share: float,
    label_rules: Mapping[str, Mapping[str, Any]],
) -> dict[str, list[str]]:
    """What is wrong, by field; the names of `terms` are those of DEFAULTS."""
    found = {}
    budget = terms["error_budget"]
    if budget is not None and not _inside(budget):
        found["error_budget"] = ["must be above 0 and below 1, like 0.02 for 2%."]
    if budget is None and threshold is None:
        found["threshold"] = ["is needed where there is no error_budget."]
    if budget is not None and audit_share == 0:
        found["audit_share"] = [
            "must be above 0 with an error_budget: without audits nothing can be promised."
        ]
    if not _inside(terms["confidence_level"]):
        found["confidence_level"] = ["must be above 0 and below 1, like 0.95."]
    people = terms["audit_people"]
    if isinstance(people, bool) or people not in (1, 2):
        found["audit_people"] = ["must be 1 or 2."]
    if not _slices(terms["slice_by"]):
        found["slice_by"] = ["must be empty, source, site or context.KEY, of 80 characters at most."]
    limit = terms["novelty_limit"]
    if limit is not None and not (is_ratio(limit) and limit > 0):
        found["novelty_limit"] = ["must be above 0 and at most 1, or null."]
    for key, rule in label_rules.items():
        path = f"label_rules.{key[:80]}"
        if "error_budget" in rule:
            if budget is None:
                found[f"{path}.error_budget"] = ["needs an error_budget of the policy for the other labels."]
            elif not _inside(rule["error_budget"]):
                found[f"{path}.error_budget"] = ["must be above 0 and below 1, like 0.005 for 0.5%."]
    return found


def _inside(number: Any) -> bool:
    return is_ratio(number) and 0 < number < 1


def _slices(named: Any) -> bool:
    if not isinstance(named, str) or len(named) > LONGEST_SLICE_BY or "\0" in named:
        return False
    return named in ("", "source", "site") or (named.startswith("context.") and len(named) > len("context."))
