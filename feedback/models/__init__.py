"""Routes, examples, datasets and promotions."""

from feedback.models.dataset import DatasetMember, DatasetVersion
from feedback.models.example import Example, FrozenSplit
from feedback.models.promotion import Promotion
from feedback.models.routing import Certificate, RoutingDecision, RoutingPolicy

__all__ = [
    "Certificate",
    "DatasetMember",
    "DatasetVersion",
    "Example",
    "FrozenSplit",
    "Promotion",
    "RoutingDecision",
    "RoutingPolicy",
]
