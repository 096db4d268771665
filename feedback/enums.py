"""The states of datasets and the kinds of promotion."""

from enum import StrEnum


class DatasetState(StrEnum):
    """Where a dataset version stands."""

    BUILDING = "building"
    FROZEN = "frozen"
    FAILED = "failed"


class PromotionKind(StrEnum):
    """How the champion changed: won at the gate, put there in spite of it, or brought back."""

    PROMOTED = "promoted"
    OVERRIDDEN = "overridden"
    ROLLED_BACK = "rolled_back"
