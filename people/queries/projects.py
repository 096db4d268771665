"""Projects, as far as somebody may see them."""

from typing import Any

from django.db.models import QuerySet

from people.models import Membership, Project
from people.rules import LEADS


def visible_to(user: Any) -> QuerySet[Project]:
    """The projects the user is a member of; on a phone signed in by a code, that code's alone."""
    found = Project.objects.filter(memberships__user=user)
    return found if user.shift is None else found.filter(pk=user.shift.project_id)


def led_by(user: Any) -> QuerySet[Membership, Any]:
    """Ids of the projects the user leads: `rules.LEADS` as a filter."""
    return Membership.objects.filter(user=user, role__in=[str(role) for role in LEADS]).values("project")
