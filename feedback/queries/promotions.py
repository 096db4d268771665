"""How models came to serve, as far as somebody may see it."""

from typing import Any

from django.db.models import QuerySet

from feedback.enums import PromotionKind
from feedback.models import Promotion
from inference.models import ModelVersion
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[Promotion]:
    """The promotions of the projects the user leads."""
    return Promotion.objects.filter(project__in=led_by(user)).select_related("challenger", "champion", "by")


def predecessor(model: ModelVersion) -> ModelVersion | None:
    """The model that served before this one won its place; being brought back is not winning."""
    won = (
        Promotion.objects.filter(challenger=model)
        .exclude(kind=PromotionKind.ROLLED_BACK.value)
        .select_related("champion")
        .order_by("-pk")
        .first()
    )
    return won.champion if won else None
