"""Who works at a project's stores."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from people.enums import Role
from people.models import Membership, Project, Site
from people.queries.projects import led_by


def visible_to(user: Any, project: Project) -> QuerySet[Membership]:
    """The memberships of the project's associates, machines aside, by name; to who leads the project."""
    return (
        Membership.objects.filter(
            project=project,
            project__in=led_by(user),
            role=Role.ASSOCIATE.value,
            user__is_active=True,
            user__is_machine=False,
        )
        .select_related("user", "project")
        .prefetch_related(Prefetch("sites", Site.objects.order_by("name", "pk")))
        .order_by("user__first_name", "user__last_name", "user__username")
    )
