"""The states of captures, models and training runs, what models are measured on, and what a route may be."""

from enum import StrEnum


class CaptureState(StrEnum):
    """Where a capture stands."""

    PENDING = "pending"
    PREDICTED = "predicted"
    FAILED = "failed"


class Stage(StrEnum):
    """What a model version is used for."""

    CANDIDATE = "candidate"
    SHADOW = "shadow"
    CHAMPION = "champion"
    RETIRED = "retired"


class ModelRuntime(StrEnum):
    """Who computes the prediction: our ONNX Runtime, or somebody else's service."""

    ONNX = "onnx"
    EXTERNAL = "external"


class RunState(StrEnum):
    """Where a training run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Over(StrEnum):
    """Which images a model was measured on, one by one."""

    TEST = "test"
    CORRUPTED = "corrupted"
    GOLD = "gold"
    RECENT = "recent"


class JobKind(StrEnum):
    """What a worker is asked to do with a model."""

    REGISTER = "register"
    PROFILE = "profile"


class Action(StrEnum):
    """What becomes of a prediction: acted on, shown to a person first, checked blind as well, or only counted."""

    ACCEPT = "accept"
    REVIEW = "review"
    AUDIT = "audit"
    SET_ASIDE = "set_aside"
