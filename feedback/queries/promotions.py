"""How models came to serve."""

from feedback.enums import PromotionKind
from feedback.models import Promotion
from inference.models import ModelVersion


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
