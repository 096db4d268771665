"""How good the model that serves is in production, and what more audits would buy: beside how far it is trusted."""

from dataclasses import asdict
from typing import Any

from feedback.queries import certificates, policies
from feedback.queries.production import hour_of_audits, production
from feedback.queries.serving import serving
from people.models import Project


def standing(project: Project) -> dict[str, Any]:
    """`{production, hour_of_audits}` as `domain.production.Production` and `queries.production.Purchase` in JSON."""
    model, policy = serving(project), policies.in_force(project)
    hour = None
    if model is not None and policy is not None:
        hour = hour_of_audits(
            project, policy, certificates.in_force(policy, [model.pk]).get((model.pk, "", ""))
        )
    return {
        "production": asdict(production(model)) if model is not None else None,
        "hour_of_audits": asdict(hour) if hour else None,
    }
