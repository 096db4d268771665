"""Why a prediction was routed as it was: each condition as a sentence with its values."""

from dataclasses import dataclass
from typing import Any

from feedback.models import RoutingDecision
from labeling.templatetags.figures import percent, setting


@dataclass(frozen=True)
class Reason:
    """One condition. `holds` None: the last one, which decides of an audit alone and stands in nobody's way."""

    words: str
    holds: bool | None


def reasons(decision: RoutingDecision) -> list[Reason]:
    """The conditions in the order in which they were looked at."""
    return [_reason(condition, decision) for condition in decision.conditions]


def _reason(condition: dict[str, Any], decision: RoutingDecision) -> Reason:
    say = SENTENCES.get(condition["name"])
    value, limit, holds = condition["value"], condition["limit"], condition["holds"]
    if say is None:
        name = condition["name"].replace("_", " ")
        return Reason(f"{name[0].upper()}{name[1:]}: {_plain(value)}; the limit is {_plain(limit)}.", holds)
    stands = None if condition["name"] == "draw_below_audit_share" else holds
    return Reason(say(value, limit, holds, decision), stands)


def _confidence(value: float | None, limit: float, holds: bool, decision: RoutingDecision) -> str:
    by_evidence = decision.policy.error_budget is not None
    if value is None:
        return "Its confidence is not a number, so that a person decides."
    if limit > 1:
        return f"Its confidence is {percent(value, 1)}, but people decide about everything that was predicted here."
    level = (
        "the level proved for this project"
        if by_evidence and limit > decision.policy.threshold
        else "the level set"
    )
    said, least = _apart(value, limit)
    return f"Its confidence of {said} is {'at least' if holds else 'below'} {least}, {level}."


def _bound(value: float | None, limit: float, holds: bool, decision: RoutingDecision) -> str:
    budget = f"the budget is {setting(limit)}"
    if value is None:
        return f"Too few verified answers prove how often the model is wrong here; {budget}."
    bound, _ = _apart(value, limit)
    if holds:
        return f"Of what is accepted here at most {bound} is wrong, by verified answers; {budget}."
    if value <= limit:
        return f"Trust was taken back, though at most {bound} was proved wrong before; {budget}."
    return f"Up to {bound} of what it says here may be wrong, by verified answers; {budget}."


def _novelty(value: float | None, limit: float, holds: bool, decision: RoutingDecision) -> str:
    if value is None:
        return f"How strange it is was not measured, so that a person decides; the limit is {setting(limit)}."
    said, most = _apart(value, limit)
    return f"It is stranger than {said} of the known images, {'within' if holds else 'above'} the limit of {most}."


def _draw(value: float, limit: float, holds: bool, decision: RoutingDecision) -> str:
    if limit == 0:
        return "Nothing that is accepted is audited."
    return (
        f"Its lot, {value:.3f} of 1, is {'below' if holds else 'not below'} the audit share of {setting(limit)}: "
        f"it is {'checked blind as well' if holds else 'not checked'}."
    )


def _sees(value: str, limit: None, holds: bool, decision: RoutingDecision) -> str:
    return f"Its camera was {value} then: what it said is counted, and nobody is asked about it."


SENTENCES = {
    "confidence_at_least_threshold": _confidence,
    "error_bound_within_budget": _bound,
    "novelty_at_most_limit": _novelty,
    "draw_below_audit_share": _draw,
    "camera_sees": _sees,
}


def _apart(value: float, limit: float) -> tuple[str, str]:
    """Both as percentages, with as many decimals as tell them apart."""
    for decimals in (0, 1, 2, 3, 4):
        said = percent(value, decimals), percent(limit, decimals)
        if said[0] != said[1]:
            break
    return said


def _plain(value: Any) -> str:
    return "not known" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
