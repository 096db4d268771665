"""The states and verdicts of labeling, readable as sentences."""

from enum import StrEnum


class Audience(StrEnum):
    """Whom a queue is for."""

    ASSOCIATE = "associate"
    ANNOTATOR = "annotator"
    QA_LEAD = "qa_lead"


class Verdict(StrEnum):
    """What a person said of an image, apart from the value."""

    ACCEPT = "accept"
    CORRECT = "correct"
    LABEL = "label"
    NONE_OF_THESE = "none_of_these"
    CANT_TELL = "cant_tell"


class TaskState(StrEnum):
    """Where a task stands: it waits for answers, has all it needs, or nobody needs to answer it any more."""

    OPEN = "open"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


class AnswerState(StrEnum):
    """Whether an answer counts. A late one is kept and counted in nothing."""

    COUNTED = "counted"
    LATE = "late"


class ResolvedBy(StrEnum):
    """What the project's truth about an image rests on."""

    IMPORTED = "imported"
    ONE_ANSWER = "one_answer"
    CONSENSUS = "consensus"
    ADJUDICATION = "adjudication"


class SourceKind(StrEnum):
    """Where images come from."""

    CAMERA = "camera"
    IMPORT = "import"


class Split(StrEnum):
    """Which part of a dataset an image belongs to."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
