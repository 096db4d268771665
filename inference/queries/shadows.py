"""The model that looks on beside a project's champion, and the last time one did."""

from uuid import UUID

from inference.models import ModelVersion, Shadow


def in_force(project_id: UUID) -> Shadow | None:
    """The project's shadow that goes on now, with its model."""
    return Shadow.objects.select_related("model").filter(project_id=project_id, ended_at=None).first()


def latest(model: ModelVersion) -> Shadow | None:
    """The model's newest shadow, whether it goes on or not, with the champion and who began it."""
    rows = Shadow.objects.select_related("model", "champion", "by")
    return rows.filter(project=model.project_id, model=model).order_by("-pk").first()
