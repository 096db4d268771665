"""When a project retrains by itself: what the rules say of how things stand, and in which words."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

MOST_COUNT = 10_000_000
MOST_DAYS = 3650
MOST_HOURS = 10_000
MOST_PRICE = 1_000_000
WHOLE = {"after_resolutions": (1, MOST_COUNT), "every_days": (1, MOST_DAYS), "most_answers": (0, MOST_COUNT)}
NUMBERS = {
    "most_compute_hours": MOST_HOURS,
    "people_hour_price": MOST_PRICE,
    "compute_hour_price": MOST_PRICE,
}
FLAGS = ("is_on", "on_drift")
FIELDS = (*FLAGS, *WHOLE, *NUMBERS, "method", "currency")


class RulesRefused(ValueError):
    """Rules that cannot be; `errors` names each field that is wrong, and what would be right."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field} {reasons[0]}" for field, reasons in errors.items()))
        self.errors = errors


class Fired(StrEnum):
    """Which rule asks for a training."""

    DRIFT = "drift"
    RESOLUTIONS = "resolutions"
    DAYS = "days"


@dataclass(frozen=True)
class Terms:
    """The rules as they are set; None is no rule, or no bound."""

    is_on: bool = False
    after_resolutions: int | None = None
    every_days: int | None = None
    on_drift: bool = False
    method: str = "scratch"
    most_compute_hours: float | None = None
    most_answers: int | None = None


@dataclass(frozen=True)
class Facts:
    """How things stand. `fresh` resolutions became examples after `since`: when the last dataset was asked for, or the
    rules were set where there is none. `drift_at` is when the drift alarm that stands was raised. `compute_hours` and
    `answers` are of this month. `may_train` is of who set the rules, `who`; `can_go_on` says that the champion has
    weights.
    """

    now: datetime
    since: datetime
    fresh: int
    drift_at: datetime | None = None
    compute_hours: float = 0.0
    answers: int = 0
    is_busy: bool = False
    may_train: bool = True
    who: str = ""
    can_go_on: bool = True


@dataclass(frozen=True)
class Decision:
    """`fired` is the rule that asks for a training now, None where none may begin; `why` says so in sentences.

    `is_stopped` says that rules which are on can do nothing until somebody acts, or the month ends.
    """

    fired: Fired | None
    why: str
    is_stopped: bool = False


def decide(terms: Terms, facts: Facts | None) -> Decision:
    """Whether a training begins now; rules that are off ask for no facts."""
    if not terms.is_on or facts is None:
        return Decision(None, "The rules are off: a training begins only when somebody asks for it.")
    if stopped := _stopped(terms, facts):
        return Decision(None, stopped, is_stopped=True)
    if facts.is_busy:
        return Decision(None, "A training is under way.")
    found = _due(terms, facts)
    if found is None:
        return Decision(None, f"Waiting: {_waiting(terms, facts)}.")
    if not facts.fresh:
        return Decision(None, f"{found[1]} There is nothing to train on that the last dataset did not have.")
    return Decision(*found)


def checked(document: Mapping[str, Any], *, methods: Collection[str]) -> dict[str, Any]:
    """The fields of rules, each of its type and range, as the rules keep them. Raises RulesRefused."""
    errors: dict[str, list[str]] = {
        name: ["is no field of these rules."] for name in document if name not in FIELDS
    }

    def expect(name: str, is_right: bool, what: str) -> None:
        if not is_right:
            errors[name] = [f"must be {what}."]

    for name in FLAGS:
        expect(name, isinstance(document[name], bool), "true or false")
    for name, (least, most) in WHOLE.items():
        value = document[name]
        whole = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        expect(name, value is None or whole, f"a whole number from {least} to {most}, or left out")
    for name, highest in NUMBERS.items():
        value = document[name]
        number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= highest
        expect(name, value is None or number, f"a number from 0 to {highest}, or left out")
    expect("method", document["method"] in methods, f"one of {', '.join(methods)}")
    currency = document["currency"]
    is_currency = isinstance(currency, str) and re.fullmatch(r"([A-Z]{3})?", currency) is not None
    expect("currency", is_currency, "three capital letters, as SEK")
    priced = document["people_hour_price"] is not None or document["compute_hour_price"] is not None
    if is_currency and priced and not currency:
        errors["currency"] = ["must be said where there is a price: three capital letters, as SEK."]
    if document["is_on"] is True and not any(
        document[name] for name in ("after_resolutions", "every_days", "on_drift")
    ):
        errors["is_on"] = ["needs a rule: so many new resolutions, so many days, or a drift alarm."]
    if errors:
        raise RulesRefused(errors)
    prices = {
        name: round(float(document[name]), 2)
        for name in ("people_hour_price", "compute_hour_price")
        if document[name] is not None
    }
    return {name: document[name] for name in FIELDS} | prices


def _stopped(terms: Terms, facts: Facts) -> str | None:
    if not facts.may_train:
        return (
            f"{facts.who or 'Who'} set these rules and may no longer start training here. Nothing is trained until an "
            "engineer sets them again."
        )
    if terms.method != "scratch" and not facts.can_go_on:
        return (
            "No model trained here is in service: there is nothing to go on from. Nothing is trained until one is, "
            "or the method is “from scratch”."
        )
    used = []
    if terms.most_compute_hours is not None and facts.compute_hours >= terms.most_compute_hours:
        used.append(f"{facts.compute_hours:.1f} of {terms.most_compute_hours:g} hours of compute")
    if terms.most_answers is not None and facts.answers >= terms.most_answers:
        used.append(f"{facts.answers} of {terms.most_answers} answers")
    if used:
        return f"This month’s budget is used up: {' and '.join(used)}. No rule trains anything before next month."
    return None


def _due(terms: Terms, facts: Facts) -> tuple[Fired, str] | None:
    if terms.on_drift and facts.drift_at is not None and facts.drift_at > facts.since:
        return Fired.DRIFT, f"A drift alarm opened on {facts.drift_at:%-d %B}, after the last dataset."
    if terms.after_resolutions is not None and facts.fresh >= terms.after_resolutions:
        return (
            Fired.RESOLUTIONS,
            f"{facts.fresh} new resolutions since the last dataset; the rule asks for {terms.after_resolutions}.",
        )
    if terms.every_days is not None and facts.now - facts.since >= timedelta(days=terms.every_days):
        days = (facts.now - facts.since).days
        return Fired.DAYS, f"{days} days since the last dataset; the rule asks for {terms.every_days}."
    return None


def _waiting(terms: Terms, facts: Facts) -> str:
    said = []
    if terms.after_resolutions is not None:
        said.append(f"{facts.fresh} of {terms.after_resolutions} new resolutions")
    if terms.every_days is not None:
        said.append(f"{max((facts.now - facts.since).days, 0)} of {terms.every_days} days")
    if terms.on_drift:
        said.append("no drift alarm since the last dataset")
    return ", ".join(said)
