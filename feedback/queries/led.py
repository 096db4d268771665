"""The projects whose datasets, models and routing somebody may read."""

from typing import Any

from django.db.models import QuerySet

from feedback.rules import LEADS
from people.models import Membership


def led_by(user: Any) -> QuerySet[Membership, Any]:
    """Ids of the projects where the user is a QA lead or an engineer: `rules.can_see` as a filter."""
    return Membership.objects.filter(user=user, role__in=[str(role) for role in LEADS]).values("project")
