"""Webhooks and what was sent to them, as far as somebody may see them."""

from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from people.enums import DeliveryState, Role
from people.models import Delivery, Membership, Project, Webhook


def _engineered_by(user: Any) -> QuerySet[Membership, Any]:
    return Membership.objects.filter(user=user, role=str(Role.ENGINEER)).values("project")


def visible_to(user: Any) -> QuerySet[Webhook]:
    """The webhooks of the projects in which the user is an engineer; what was deleted is gone."""
    return Webhook.objects.filter(project__in=_engineered_by(user), deleted_at=None).select_related(
        "project", "by"
    )


def deliveries_visible_to(user: Any) -> QuerySet[Delivery]:
    """What was sent, or is to be, to those webhooks."""
    return Delivery.objects.filter(webhook__in=visible_to(user)).select_related("webhook__project")


def with_figures(project: Project, user: Any) -> QuerySet[Webhook]:
    """The project's webhooks, the oldest first, with `waiting`, `failed` and `last_at` of their deliveries."""
    states = {
        "waiting": Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING)),
        "failed": Count("deliveries", filter=Q(deliveries__state=DeliveryState.FAILED)),
        "last_at": Max("deliveries__finished_at"),
    }
    return visible_to(user).filter(project=project).annotate(**states).order_by("created_at")
