"""Work on models, as far as somebody may see it."""

from typing import Any

from django.db.models import QuerySet

from inference.models import ModelJob
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[ModelJob]:
    """The jobs of the projects where the user is a QA lead or an engineer, the newest first."""
    return ModelJob.objects.filter(project__in=led_by(user)).order_by("-pk")
