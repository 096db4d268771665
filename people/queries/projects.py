"""Projects, as far as somebody may see them."""

from typing import Any

from django.db.models import QuerySet

from people.models import Project


def visible_to(user: Any) -> QuerySet[Project]:
    """The projects the user is a member of."""
    return Project.objects.filter(memberships__user=user)
