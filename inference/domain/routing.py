"""The pure decision of where a prediction goes: accepted, reviewed by people, accepted and audited, or set aside."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inference.enums import Action


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a prediction goes and why.

    `inclusion_probability` (0..1) is the chance that people were to see it, known before the draw: what
    an audited answer is weighted by. `conditions` are `{name, value, limit, holds}`, every one that was
    evaluated, as JSON can hold them.
    """

    action: Action
    inclusion_probability: float
    conditions: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must hold, besides the threshold, before a prediction is accepted; `value` None is not known."""

    name: str
    value: float | None
    limit: float | None
    holds: bool


def familiar(novelty: float | None, limit: float) -> Requirement:
    """At most the share `limit` of known images is less strange; what no model measured is taken for strange."""
    return Requirement("novelty_at_most_limit", novelty, limit, novelty is not None and novelty <= limit)


def decide(
    confidence: float,
    *,
    threshold: float,
    audit_share: float,
    draw: float,
    requirements: Sequence[Requirement] = (),
) -> Decision:
    """Review below `threshold` or where a requirement fails; else accept, and audit with chance `audit_share`.

    `confidence` is calibrated, 0..1; one that is not a number is reviewed. A `threshold` above 1 sends
    everything to people. `draw`, 0 ≤ draw < 1, is the prediction's own number (see `sticky_draw`).
    Raises ValueError for a share or a draw out of its range.
    """
    if not 0 <= audit_share <= 1:
        raise ValueError(f"audit_share must be from 0 to 1, not {audit_share}.")
    if not 0 <= draw < 1:
        raise ValueError(f"draw must be at least 0 and below 1, not {draw}.")
    confident = confidence >= threshold
    conditions = [
        _condition(
            "confidence_at_least_threshold",
            confidence if math.isfinite(confidence) else None,
            threshold,
            holds=confident,
        )
    ]
    conditions += [_condition(r.name, r.value, r.limit, holds=r.holds) for r in requirements]
    if not all(condition["holds"] for condition in conditions):
        return Decision(Action.REVIEW, 1.0, tuple(conditions))
    audited = draw < audit_share
    conditions.append(_condition("draw_below_audit_share", draw, audit_share, holds=audited))
    return Decision(
        Action.AUDIT if audited else Action.ACCEPT,
        float(audit_share),
        tuple(conditions),
    )


def aside(decision: Decision, fault: str) -> Decision:
    """The same prediction of a camera that sees nothing, for that `fault`: people never see it, it is only counted."""
    seen = {"name": "camera_sees", "value": fault, "limit": None, "holds": False}
    return Decision(Action.SET_ASIDE, 0.0, (*decision.conditions, seen))


def sticky_draw(key: bytes, *parts: str) -> float:
    """A number in [0, 1) that depends on `key` and `parts` alone, uniform over parts.

    The same capture under the same policy draws the same number however often it is predicted again, and
    nobody without the key can foresee it. HMAC-SHA-256 (RFC 2104), its first 53 bits.
    """
    # Each part is told apart by its length, so that ("ab", "c") and ("a", "bc") draw apart.
    message = b"".join(len(part.encode()).to_bytes(8, "big") + part.encode() for part in parts)
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def _condition(name: str, value: float | None, limit: float | None, *, holds: bool) -> dict[str, Any]:
    return {"name": name, "value": value, "limit": limit, "holds": holds}
