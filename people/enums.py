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


class TaskType(StrEnum):
    """The question a project asks of an image: which label, or where each label is."""

    CLASSIFICATION = "classification"
    DETECTION = "detection"
