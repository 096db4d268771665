"""What alert rules would have done with predictions of the past: how many alerts, how fast, how many true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedback.domain.alert_rules import AlertRule, firing
from labeling.domain.intervals import wilson


@dataclass(frozen=True)
class Seen:
    """One prediction as it was: `at` in the site's own time; `truth` are the labels people found, None unasked."""

    source: str
    at: datetime
    labels: tuple[str, ...]
    confidence: float
    truth: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Trial:
    """`alerts` after folding, from `photographs` that fire; `peak` is the most in one clock hour.

    Of `verified` photographs that fire, people found `right` to show what the rule is about; `true` estimates how
    many of the alerts were, between `low` and `high` (Wilson's 95% interval of the share), all None with nothing
    verified. `by_rule` counts alerts by the rule's name.
    """

    alerts: int
    photographs: int
    peak: int
    peak_at: datetime | None
    verified: int
    right: int
    true: float | None
    low: float | None
    high: float | None
    by_rule: dict[str, int]


def tried(rules: Sequence[AlertRule], seen: Iterable[Seen]) -> Trial:
    """Play the rules over predictions in order of time, as if nobody had answered any alert.

    A camera has one alert at a time: it goes on until a photograph says otherwise as surely as the rule asks for.
    """
    standing: dict[str, AlertRule] = {}
    hours: Counter[datetime] = Counter()
    by_rule: Counter[str] = Counter()
    photographs = verified = right = 0
    for one in seen:
        rule = firing(rules, labels=one.labels, confidence=one.confidence, source=one.source, at=one.at)
        if rule is None:
            held = standing.get(one.source)
            if held is not None and held.label not in one.labels and one.confidence >= held.confidence:
                del standing[one.source]
            continue
        photographs += 1
        if one.truth is not None:
            verified += 1
            right += rule.label in one.truth
        if one.source not in standing:
            by_rule[rule.name] += 1
            hours[one.at.replace(minute=0, second=0, microsecond=0)] += 1
        standing[one.source] = rule
    alerts = by_rule.total()
    peak_at, peak = max(hours.items(), key=lambda item: item[1], default=(None, 0))
    bounds = wilson(right, verified) if verified else None
    return Trial(
        alerts=alerts,
        photographs=photographs,
        peak=peak,
        peak_at=peak_at,
        verified=verified,
        right=right,
        true=alerts * right / verified if verified else None,
        low=alerts * bounds[0] if bounds else None,
        high=alerts * bounds[1] if bounds else None,
        by_rule={rule.name: by_rule[rule.name] for rule in rules},
    )
