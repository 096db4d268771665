"""The states of datasets, what is suspected of their labels, the kinds of promotion, and how far a model is trusted."""

from enum import StrEnum


class DatasetState(StrEnum):
    """Where a dataset version stands."""

    BUILDING = "building"
    FROZEN = "frozen"
    FAILED = "failed"


class Change(StrEnum):
    """What differs of an image between two datasets."""

    ADDED = "added"
    REMOVED = "removed"
    RELABELLED = "relabelled"
    MOVED = "moved"


class SuspectKind(StrEnum):
    """Why a label of a dataset is looked at again."""

    LABEL = "label"
    DUPLICATE = "duplicate"
    OUTLIER = "outlier"


class PromotionKind(StrEnum):
    """How the champion changed: won at the gate, put there in spite of it, or brought back."""

    PROMOTED = "promoted"
    OVERRIDDEN = "overridden"
    ROLLED_BACK = "rolled_back"


class TrustState(StrEnum):
    """How far the evidence lets a model accept by itself: as it should, less than usual, not at all."""

    OK = "ok"
    CAUTIOUS = "cautious"
    STOP = "stop"


class AlertStepKind(StrEnum):
    """What follows when an alert is not answered in time, in order."""

    NEXT_PERSON = "next_person"
    MANAGER = "manager"


class CameraState(StrEnum):
    """How far what a camera sends can be relied on."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class CameraFault(StrEnum):
    """What may be wrong with a camera, worst first."""

    SILENT = "silent"
    FROZEN = "frozen"
    BLACK = "black"
    COVERED = "covered"
    MOVED = "moved"
    DARK = "dark"
    BRIGHT = "bright"
    BLURRED = "blurred"
    CAST = "cast"
    FORMAT = "format"
    CLOCK = "clock"
    SLOW = "slow"
