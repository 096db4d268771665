"""The roles people hold and the scopes tokens carry."""

from enum import StrEnum


class Role(StrEnum):
    """What a member may do in a project; `rules` says what that is."""

    ASSOCIATE = "associate"
    ANNOTATOR = "annotator"
    QA_LEAD = "qa_lead"
    ENGINEER = "engineer"

    @property
    def plural(self) -> str:
        """Those who hold it, as a sentence names them: "QA leads"."""
        return "QA leads" if self is Role.QA_LEAD else f"{self}s"


class Scope(StrEnum):
    """What a token may be used for; never more than its owner's role allows."""

    INGEST = "ingest"
    ANSWER = "answer"
    READ = "read"
    ADMIN = "admin"
    EDGE = "edge"


class Event(StrEnum):
    """What happens in a project that others may be told of."""

    TRUST_CHANGED = "trust.changed"
    ALARM_RAISED = "alarm.raised"
    ALARM_SETTLED = "alarm.settled"
    IMAGES_RESOLVED = "images.resolved"
    DATASET_FROZEN = "dataset.frozen"
    MODEL_PROMOTED = "model.promoted"


class AlarmKind(StrEnum):
    """What an alarm is about. Each has its section in docs/operations/alarms.md."""

    DRIFT = "drift"
    CAMERA_SILENT = "camera_silent"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_COVERED = "camera_covered"
    CAMERA_MOVED = "camera_moved"
    CAMERA_DARK = "camera_dark"
    CAMERA_BRIGHT = "camera_bright"
    CAMERA_BLURRED = "camera_blurred"
    CAMERA_COLOUR = "camera_colour"
    CAMERA_FORMAT = "camera_format"
    CAMERA_CLOCK = "camera_clock"
    CAMERA_SLOW = "camera_slow"
    EDGE_DEVICE = "edge_device"
    ERROR_BUDGET = "error_budget"
    AGREEMENT_LOW = "agreement_low"
    QUEUE_LATE = "queue_late"
    ALERT_UNANSWERED = "alert_unanswered"
    JOB_STUCK = "job_stuck"
    WEBHOOK_OFF = "webhook_off"
    SIGN_INS = "sign_ins"


class Severity(StrEnum):
    """How bad an alarm is: look at it today, or now."""

    WARNING = "warning"
    CRITICAL = "critical"


class DeliveryState(StrEnum):
    """Where a message to a webhook stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class TaskType(StrEnum):
    """The question a project asks of an image: which label, or where each label is."""

    CLASSIFICATION = "classification"
    DETECTION = "detection"
