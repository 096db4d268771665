"""Alert rules and the alerts they raised, as far as somebody may see them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from feedback.models import Alert, AlertRules
from labeling.queries.tasks import tasks_for
from people.models import Project
from people.queries.prepared import Prepared
from people.queries.projects import led_by


def rules_visible_to(user: Any) -> QuerySet[AlertRules]:
    """The alert rules of the projects the user leads."""
    return AlertRules.objects.filter(project__in=led_by(user)).select_related("by")


def rules_in_force(project: Project) -> AlertRules | None:
    """The newest version; None where none was ever set."""
    return NEWEST.first(project=project.pk)


def _newest(project: UUID) -> QuerySet[AlertRules]:
    return AlertRules.objects.filter(project_id=project).order_by("-version")[:1]


NEWEST = Prepared(_newest, project=UUID(int=1))


def visible_to(user: Any) -> QuerySet[Alert]:
    """The alerts of tasks the user may see."""
    return Alert.objects.filter(task__in=tasks_for(user)).select_related("task", "source__site", "project")
