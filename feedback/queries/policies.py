"""Routing policies, as far as somebody may see them, and the one in force."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from feedback.models import RoutingPolicy
from people.models import Project
from people.queries.prepared import Prepared
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[RoutingPolicy]:
    """The policies of the projects the user leads."""
    return RoutingPolicy.objects.filter(project__in=led_by(user)).select_related("queue", "audit_queue")


def in_force(project: Project) -> RoutingPolicy | None:
    """The newest policy; None where nothing was ever set."""
    return NEWEST.first(project=project.pk)


def _newest(project: UUID) -> QuerySet[RoutingPolicy]:
    found = RoutingPolicy.objects.filter(project_id=project).order_by("-version")[:1]
    return found.select_related("project", "queue", "audit_queue")


NEWEST = Prepared(_newest, project=UUID(int=1))
