"""Models, as far as somebody may see them, and the one that serves."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from inference.enums import Stage
from inference.models import ModelVersion
from people.models import Project
from people.queries.prepared import Prepared
from people.queries.projects import led_by

CHAMPION = "champion"


def visible_to(user: Any) -> QuerySet[ModelVersion]:
    """The models of the projects where the user is a QA lead or an engineer."""
    return ModelVersion.objects.filter(project__in=led_by(user))


def champion(project: Project | UUID) -> ModelVersion | None:
    """The model that serves the project, if there is one."""
    return SERVING.first(project=project.pk if isinstance(project, Project) else project)


def _serving(project: UUID) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(project_id=project, stage=Stage.CHAMPION.value).order_by("pk")[:1]


# A batch begins by asking it.
SERVING = Prepared(_serving, project=UUID(int=1))


def named(project: Project, name: str) -> ModelVersion | None:
    """The model `champion` or an id stands for; None where the project has no such model."""
    if name == CHAMPION:
        return champion(project)
    try:
        identity = UUID(name)
    except ValueError:
        return None
    return ModelVersion.objects.filter(project=project, pk=identity).first()


def files_of(model: ModelVersion) -> list[dict[str, Any]]:
    """Every file of the model, as `members` keeps them: one, or those of an ensemble."""
    return [{"key": model.key, "sha256": model.sha256, "bytes": model.bytes}, *model.members]
