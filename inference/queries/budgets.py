"""What a project allows its model to cost, and what a model costs."""

from inference.domain.serving_budget import Budget, Costs
from inference.models import ModelVersion, ServingBudget
from people.models import Project


def budget(project: Project) -> Budget:
    """The project's budget; nothing is bounded where nobody set one."""
    found = ServingBudget.objects.filter(project=project).first()
    return Budget(found.latency_ms, found.bytes) if found else Budget()


def costs(model: ModelVersion) -> Costs:
    """What the model takes by its newest profile."""
    files = model.bytes + sum(member["bytes"] for member in model.members)
    return Costs(model.profile.get("latency_ms"), files)


def over_budget(model: ModelVersion) -> list[str]:
    """What the model takes too much of, in words; empty where it keeps to the budget or was not measured."""
    allowed, takes = budget(model.project), costs(model)
    said = []
    if None not in (allowed.latency_ms, takes.latency_ms) and takes.latency_ms > allowed.latency_ms:
        said.append(
            f"{takes.latency_ms:.1f} ms for one picture (p95), where {allowed.latency_ms:g} are allowed."
        )
    if allowed.bytes is not None and takes.bytes > allowed.bytes:
        said.append(f"{takes.bytes / 2**20:.2f} MB, where {allowed.bytes / 2**20:.2f} are allowed.")
    return said
