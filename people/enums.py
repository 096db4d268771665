"""The roles people hold and the scopes tokens carry."""

from enum import StrEnum


class Role(StrEnum):
    """What a member may do in a project; `rules` says what that is."""

    ASSOCIATE = "associate"
    ANNOTATOR = "annotator"
    QA_LEAD = "qa_lead"
    ENGINEER = "engineer"


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


class DeliveryState(StrEnum):
    """Where a message to a webhook stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class TaskType(StrEnum):
    """The question a project asks of an image: which label, or where each label is."""

    CLASSIFICATION = "classification"
    DETECTION = "detection"
