"""The form of a routing policy: its fields as text, and back to the terms of `set_policy`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from feedback.models import RoutingPolicy
from labeling.models import Label, Queue

PERCENT = "Must be a percentage from 0 to 100."
CONTEXT = "context."
SLICES = (
    ("", "all together"),
    ("source", "each source"),
    ("site", "each site"),
    ("context", "a value of the context"),
)
PEOPLE = (("1", "one person"), ("2", "two people, who must agree"))
SHARES = ("error_budget", "confidence_level", "audit_share", "threshold", "novelty_limit")
MAY_BE_EMPTY = ("error_budget", "novelty_limit")
PLAIN = ("queue", "audit_people", "slice_by", "slice_key")
RULE_TERMS = {"error_budget": "budget", "threshold": "floor", "queue": "queue"}
"""A label's terms, and what its fields' names begin with."""

WORDS = {
    "error_budget": "Must be above 0 and below 100.",
    "confidence_level": "Must be above 0 and below 100; 95 is usual.",
    "audit_share": "Must be above 0 where a budget is kept: without audits nothing can be promised.",
    "novelty_limit": "Must be above 0 and at most 100, or empty.",
}
"""What is wrong with a share that can be read, in the page's percent; `set_policy` speaks to callers of the API."""

FIRST = {
    "threshold": "90",
    "audit_share": "5",
    "queue": "review",
    "confidence_level": "95",
    "audit_people": "1",
}


@dataclass
class LabelTerms:
    """What a label has of its own, as text; `errors` by the names of the fields."""

    label: Label
    budget: str = ""
    floor: str = ""
    queue: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Form:
    """The fields as text, `values` by name and `labels` one each; `errors` by name of field."""

    values: dict[str, str]
    labels: list[LabelTerms]
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def has_more(self) -> bool:
        """Whether a term that few need is set or wrong, so that it must not be hidden."""
        more = ("slice_by", "novelty_limit", "slice_key")
        return (
            any(self.values[name] for name in more)
            or self.values["audit_people"] != "1"
            or bool(set(self.errors) & {*more, "audit_people"})
        )

    @property
    def has_rules(self) -> bool:
        """Whether a label has anything of its own, or something wrong."""
        return any(row.budget or row.floor or row.queue or row.errors for row in self.labels)

    @property
    def wrong(self) -> bool:
        return bool(self.errors) or any(row.errors for row in self.labels)

    def refuse(self, errors: Mapping[str, list[str]]) -> None:
        """Put what a service refused beside the fields it is about."""
        rows = {row.label.key: row for row in self.labels}
        for path, words in errors.items():
            _, key, term = (*path.split("."), "", "")[:3]
            sentences = [word[0].upper() + word[1:] for word in words]
            if not path.startswith("label_rules.") or key not in rows:
                self.errors[path] = [WORDS[path]] if path in WORDS else sentences
            elif term != "error_budget":
                rows[key].errors[RULE_TERMS.get(term, "budget")] = sentences
            elif self.values["error_budget"]:
                rows[key].errors["budget"] = [WORDS["error_budget"]]
            else:
                rows[key].errors["budget"] = ["Needs a budget for the other labels, in the first field."]


def filled(policy: RoutingPolicy | None, labels: list[Label]) -> Form:
    """The form as it stands by the policy in force."""
    names = (*SHARES, *PLAIN)
    if policy is None:
        return Form(dict.fromkeys(names, "") | FIRST, [LabelTerms(label) for label in labels])
    values = {name: _percent(getattr(policy, name)) for name in SHARES}
    by_context = policy.slice_by.startswith(CONTEXT)
    values |= {
        "queue": policy.queue.name,
        "audit_people": str(policy.audit_people),
        "slice_by": "context" if by_context else policy.slice_by,
        "slice_key": policy.slice_by.removeprefix(CONTEXT) if by_context else "",
    }
    rules = policy.label_rules
    return Form(
        values,
        [
            LabelTerms(
                label,
                _percent(rules.get(label.key, {}).get("error_budget")),
                _percent(rules.get(label.key, {}).get("threshold")),
                rules.get(label.key, {}).get("queue", ""),
            )
            for label in labels
        ],
    )


def sent(post: Mapping[str, str], in_force: RoutingPolicy | None, labels: list[Label]) -> Form:
    """The form as it was sent; a field that was not is as it stands."""
    held = filled(in_force, labels)
    values = {name: post.get(name, kept).replace("\0", "").strip() for name, kept in held.values.items()}
    rows = [
        LabelTerms(
            row.label,
            *(
                post.get(f"{name}.{row.label.key}", getattr(row, name)).replace("\0", "").strip()
                for name in RULE_TERMS.values()
            ),
        )
        for row in held.labels
    ]
    return Form(values, rows)


def terms(form: Form, queues: list[Queue]) -> dict[str, Any]:
    """The arguments of `set_policy`; what cannot be read is in the form's errors afterwards."""
    found: dict[str, Any] = {}
    for name in SHARES:
        text = form.values[name]
        found[name] = None if not text and name in MAY_BE_EMPTY else _share(text)
        if found[name] == -1:
            form.errors[name] = [PERCENT]
    by_name = {queue.name: queue for queue in queues}
    found["queue"] = by_name.get(form.values["queue"])
    if found["queue"] is None:
        form.errors["queue"] = ["Choose one of the project's queues."]
    people = form.values["audit_people"]
    found["audit_people"] = int(people) if people in ("1", "2") else 0
    slice_by = form.values["slice_by"]
    found["slice_by"] = CONTEXT + form.values["slice_key"] if slice_by == "context" else slice_by
    if slice_by == "context" and not form.values["slice_key"]:
        form.errors["slice_key"] = ["Name the key of the context, such as light."]
    found["label_rules"] = {row.label.key: rule for row in form.labels if (rule := _rule(row))}
    return found


def _rule(row: LabelTerms) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    for term in ("error_budget", "threshold"):
        name = RULE_TERMS[term]
        if text := getattr(row, name):
            rule[term] = _share(text)
            if rule[term] == -1:
                row.errors[name] = [PERCENT]
    if row.queue:
        rule["queue"] = row.queue
    return rule


def _share(text: str) -> float:
    """A percentage as a share, 0..1; -1 for what is none."""
    try:
        share = float(text.replace(",", ".").removesuffix("%")) / 100
    except ValueError:
        return -1.0
    return share if 0 <= share <= 1 else -1.0


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.6g}"
