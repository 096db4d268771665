"""Projects, as far as somebody may see them."""

from typing import Any

from django.db.models import QuerySet

from people.models import Membership, Project
from people.rules import LEADS


def visible_to(user: Any) -> QuerySet[Project]:
    """The projects the user is a member of."""
    return Project.objects.filter(memberships__user=user)


def led_by(user: Any) -> QuerySet[Membership, Any]:
    """Ids of the projects the user leads: `rules.LEADS` as a filter."""
    return Membership.objects.filter(user=user, role__in=[str(role) for role in LEADS]).values("project")
