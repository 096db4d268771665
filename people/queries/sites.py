"""Sites, as far as somebody may see them."""

from typing import Any

from django.db.models import QuerySet

from people.enums import Role
from people.models import Site
from people.rules import can_manage_sites


def visible_to(user: Any) -> QuerySet[Site]:
    """Every site for engineers and QA leads, who assign them; for anybody else those they belong to."""
    if user.shift is not None:
        return Site.objects.filter(pk=user.shift.site_id)
    if can_manage_sites(user) or user.memberships.filter(role=Role.QA_LEAD).exists():
        return Site.objects.all()
    return Site.objects.filter(memberships__user=user).distinct()
