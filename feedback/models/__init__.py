"""Routes, examples, datasets and promotions."""

from feedback.models.alert import Alert, AlertRules, AlertStep
from feedback.models.camera import CameraChange, CameraHour, CameraWatch, EdgeDevice, StoreHours
from feedback.models.dataset import DatasetMember, DatasetVersion
from feedback.models.edge import EdgeCount, EdgeReport
from feedback.models.example import Example, FrozenSplit
from feedback.models.label_errors import LabelErrorSearch, LabelSuspect
from feedback.models.ledger import Ledger, Workload
from feedback.models.promotion import Promotion
from feedback.models.retraining import RetrainingRules
from feedback.models.routing import Certificate, RoutingDecision, RoutingPolicy
from feedback.models.trust import TrustChange

__all__ = [
    "Alert",
    "AlertRules",
    "AlertStep",
    "CameraChange",
    "CameraHour",
    "CameraWatch",
    "Certificate",
    "DatasetMember",
    "DatasetVersion",
    "EdgeCount",
    "EdgeDevice",
    "EdgeReport",
    "Example",
    "FrozenSplit",
    "LabelErrorSearch",
    "LabelSuspect",
    "Ledger",
    "Promotion",
    "RetrainingRules",
    "RoutingDecision",
    "RoutingPolicy",
    "StoreHours",
    "TrustChange",
    "Workload",
]
