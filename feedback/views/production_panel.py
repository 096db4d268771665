"""How good the model is in production, for the routing page, and what an hour more of audits would buy."""

from typing import Any

from feedback.models import RoutingPolicy
from feedback.queries import certificates, production
from feedback.queries.production import Purchase
from feedback.queries.serving import serving
from labeling.templatetags.figures import duration, percent
from people.models import Project


def production_panel(project: Project, policy: RoutingPolicy | None) -> dict[str, Any] | None:
    """The estimates of the model that serves, by label with the label's name, and the hour in a sentence.

    None where nothing was predicted in 30 days.
    """
    model = serving(project)
    if model is None:
        return None
    found = production.production(model)
    if not found.predictions and not found.unchecked:
        return None
    names = dict(project.labels.values_list("key", "name"))
    hour = None
    if policy is not None:
        held = certificates.in_force(policy, [model.pk]).get((model.pk, "", ""))
        hour = production.hour_of_audits(project, policy, held)
    return {
        "model": model,
        "found": found,
        "rows": [(names.get(key, key), shares) for key, shares in found.labels.items()],
        "hour": hour_in_words(hour, policy, held.bound if held else None) if hour and policy else "",
    }


def hour_in_words(hour: Purchase, policy: RoutingPolicy, bound: float | None) -> str:
    """What one person's hour would buy."""
    said = f"An hour of one person is about {hour.audits:,} audits, {duration(hour.seconds_each)} each"
    if hour.bound is None or bound is None:
        return (
            f"{said}. No fewer than {hour.needed:,} verified answers can prove the budget of "
            f"{percent(policy.error_budget, 1)}."
        )
    return (
        f"{said}: spent now, it would bring the bound from {percent(bound, 2)} to about {percent(hour.bound, 2)}, "
        "if errors stay as rare as they are."
    )
