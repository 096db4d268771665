"""Training runs, as far as somebody may see them."""

from typing import Any

from django.db.models import QuerySet

from inference.models import TrainingRun
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[TrainingRun]:
    """The runs of the projects where the user is a QA lead or an engineer."""
    return TrainingRun.objects.filter(project__in=led_by(user))
