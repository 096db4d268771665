"""What a dry run found, in sentences: fewer or more reviews, fewer or more errors, and how sure that is."""

from dataclasses import dataclass
from typing import Any

from feedback.domain.dry_run import DryRun, Guess
from feedback.services.dry_running import Change, Rehearsal
from labeling.templatetags.figures import percent, setting

TERMS = {
    "threshold": "Asks a person below",
    "audit_share": "Checked blind",
    "queue": "What is unsure goes to",
    "error_budget": "May be wrong",
    "confidence_level": "How sure of it",
    "audit_people": "People for each audit",
    "slice_by": "Earns its trust apart",
    "novelty_limit": "Strangest that may pass",
    "label_rules": "Labels with terms of their own",
}
SHARES = {"threshold", "audit_share", "error_budget", "confidence_level", "novelty_limit"}
RULES = {"error_budget": "may be wrong", "threshold": "asks below", "queue": "goes to"}


@dataclass(frozen=True)
class DryRunWords:
    """`verdict` is the sentence, `details` what it rests on, `changes` (term, now, then) in words."""

    verdict: str
    details: list[str]
    changes: list[tuple[str, str, str]]


def in_words(tried: Rehearsal) -> DryRunWords:
    """A rehearsal for people."""
    changes = [_change(change) for change in tried.changes]
    found = tried.found
    if found is None or tried.stretch is None or tried.stretch.since is None:
        return DryRunWords(tried.nothing_known, [], changes)
    accepted, accepted_then = found.predictions - found.reviewed.mean, found.predictions - found.reviewed_then
    details = [
        (
            f"People would have reviewed {_count(found.reviewed)} of {found.predictions:,} predictions; "
            f"they were asked about {found.reviewed_then:,.0f}."
        ),
        (
            f"Of {accepted:,.0f} accepted {_count(found.errors)} would have been wrong; of the {accepted_then:,.0f} "
            f"that were, {_count(found.errors_then)}."
        ),
        (
            f"Played since {tried.stretch.since:%-d %B %Y, %H:%M}, by {found.verified:,} verified answers; the rest "
            f"is estimated from those, {found.plays} times."
        ),
    ]
    if tried.policy.error_budget is not None:
        details.append("It began with nothing proved, so that people decided at first, as they would today.")
    if not tried.stretch.whole:
        details.append("There were more predictions than are played here; these are the newest.")
    return DryRunWords(
        f"With this policy: {_reviews(found)}, {_errors(found.more_errors)}.", details, changes
    )


def _reviews(found: DryRun) -> str:
    then, now = found.reviewed_then, found.reviewed.mean
    if round(then) == round(now):
        return "as many reviews"
    if not then:
        return f"{now:,.0f} reviews where there were none"
    change = now / then - 1
    return f"{percent(abs(change))} {'fewer' if change < 0 else 'more'} reviews"


def _errors(more: Guess) -> str:
    mean = round(more.mean)
    low, high = sorted((round(more.low), round(more.high)))
    if mean == low == high == 0:
        return "as many errors"
    if low == high:
        return f"{abs(mean):,} {'fewer' if mean < 0 else 'more'} errors"
    if mean == 0 and low >= 0:
        return f"about as many errors (up to {high:,} more)"
    if mean == 0 and high <= 0:
        return f"about as many errors (up to {-low:,} fewer)"
    if low < 0 < high:
        return f"about as many errors ({-low:,} fewer to {high:,} more)"
    ends = sorted((abs(low), abs(high)))
    return f"{abs(mean):,} {'fewer' if more.mean < 0 else 'more'} errors ({ends[0]:,} to {ends[1]:,})"


def _count(guess: Guess) -> str:
    low, high = round(guess.low), round(guess.high)
    return f"{guess.mean:,.0f}" if low == high else f"{guess.mean:,.0f} ({low:,} to {high:,})"


def _change(change: Change) -> tuple[str, str, str]:
    return TERMS[change.term], _value(change.term, change.now), _value(change.term, change.then)


def _value(term: str, value: Any) -> str:
    if value in (None, "", {}):
        return "–"
    if term in SHARES:
        return setting(value)
    if term == "label_rules":
        return "; ".join(f"{label.replace('_', ' ')}: {_rule(rule)}" for label, rule in value.items())
    return str(value)


def _rule(rule: dict[str, Any]) -> str:
    said = [
        f"{words} {rule[name] if name == 'queue' else setting(rule[name])}"
        for name, words in RULES.items()
        if name in rule
    ]
    return ", ".join(said) or "nothing"
