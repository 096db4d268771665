"""When a prediction is worth sending somebody to a shelf: rules by label, camera, hour and confidence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

MOST_RULES = 50
LONGEST_NAME = 80
FIELDS = {"name", "label", "confidence", "sources", "hours", "answers", "queue"}
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class RulesRefused(ValueError):
    """Rules that cannot be; `errors` are reasons by path."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{path} {reasons[0]}" for path, reasons in errors.items()))


@dataclass(frozen=True)
class AlertRule:
    """Fires for `label` from `confidence` (0..1) on, at these cameras (none named: all) within these hours.

    `hours` are two clock times of the site, `("22:00", "06:00")` over midnight, the second not among them; None is
    always. An alert asks for `answers` people, in `queue`.
    """

    name: str
    label: str
    confidence: float
    sources: tuple[str, ...] = ()
    hours: tuple[str, str] | None = None
    answers: int = 1
    queue: str = "alerts"

    def document(self) -> dict[str, Any]:
        """The rule as JSON holds it."""
        return asdict(self) | {
            "sources": list(self.sources),
            "hours": list(self.hours) if self.hours else None,
        }


def parse(documents: Any, *, labels: Set[str], sources: Set[str], queues: Set[str]) -> list[AlertRule]:
    """The rules, in order. `labels`, `sources` and `queues` are those that exist. Raises RulesRefused."""
    if not isinstance(documents, list) or len(documents) > MOST_RULES:
        raise RulesRefused({"rules": [f"must be a list of at most {MOST_RULES} rules."]})
    errors: dict[str, list[str]] = {}
    for number, document in enumerate(documents):
        errors |= _errors(f"rules.{number}", document, labels, sources, queues)
    names = [document.get("name") for document in documents if isinstance(document, dict)]
    for number, name in enumerate(names):
        if name in names[:number]:
            errors.setdefault(f"rules.{number}.name", ["is the name of another rule too."])
    if errors:
        raise RulesRefused(errors)
    return [from_document(document) for document in documents]


def from_document(document: Mapping[str, Any]) -> AlertRule:
    """A rule that was checked before."""
    hours = document.get("hours")
    return AlertRule(
        name=document["name"],
        label=document["label"],
        confidence=float(document["confidence"]),
        sources=tuple(document.get("sources") or ()),
        hours=(hours[0], hours[1]) if hours else None,
        answers=document.get("answers", 1),
        queue=document.get("queue", "alerts"),
    )


def _errors(
    path: str, document: Any, labels: Set[str], sources: Set[str], queues: Set[str]
) -> dict[str, list[str]]:
    if not isinstance(document, dict):
        return {path: ["must be an object."]}
    found = {f"{path}.{str(name)[:80]}": ["is not known."] for name in set(document) - FIELDS}
    name = document.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        found[f"{path}.name"] = [f"must be a name of 1 to {LONGEST_NAME} characters."]
    if document.get("label") not in labels:
        found[f"{path}.label"] = [f"must be a label of this project: {', '.join(sorted(labels))}."]
    number = document.get("confidence")
    if (
        isinstance(number, bool)
        or not isinstance(number, int | float)
        or not math.isfinite(number)
        or not 0 <= number <= 1
    ):
        found[f"{path}.confidence"] = ["must be a number from 0 to 1."]
    named = document.get("sources", [])
    if not isinstance(named, list) or not all(isinstance(one, str) and one in sources for one in named):
        found[f"{path}.sources"] = [
            f"must be a list of cameras: {', '.join(sorted(sources)) or 'there are none'}."
        ]
    if not _are_hours(document.get("hours")):
        found[f"{path}.hours"] = ['must be null or two different clock times, like ["08:00", "22:00"].']
    answers = document.get("answers", 1)
    if isinstance(answers, bool) or answers not in (1, 2):
        found[f"{path}.answers"] = ["must be 1 or 2."]
    if document.get("queue", "alerts") not in queues:
        found[f"{path}.queue"] = [
            f"must be a queue for associates: {', '.join(sorted(queues)) or 'there is none'}."
        ]
    return found


def _are_hours(hours: Any) -> bool:
    if hours is None:
        return True
    if not isinstance(hours, list | tuple) or len(hours) != 2 or hours[0] == hours[1]:
        return False
    return all(isinstance(one, str) and CLOCK.fullmatch(one) for one in hours)


def firing(
    rules: Sequence[AlertRule], *, labels: Sequence[str], confidence: float, source: str, at: datetime
) -> AlertRule | None:
    """The first rule that fires for these predicted labels; None where none does. `at` is the site's own time."""
    return next((rule for rule in rules if _fires(rule, labels, confidence, source, at)), None)


def _fires(rule: AlertRule, labels: Sequence[str], confidence: float, source: str, at: datetime) -> bool:
    if rule.label not in labels or not confidence >= rule.confidence:
        return False
    if rule.sources and source not in rule.sources:
        return False
    if rule.hours is None:
        return True
    begin, end = rule.hours
    clock = f"{at:%H:%M}"
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def reason(rule: AlertRule, *, confidence: float, source: str, at: datetime) -> str:
    """One sentence that names the rule, and all that it asked for."""
    words = f"{rule.name}: {rule.label} at {source}, {confidence:.0%} sure where {rule.confidence:.0%} is asked for"
    if rule.hours is None:
        return f"{words}."
    return f"{words}, at {at:%H:%M} between {rule.hours[0]} and {rule.hours[1]}."
