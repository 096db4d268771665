"""The states and verdicts of labeling, readable as sentences."""

from enum import StrEnum


class Audience(StrEnum):
    """Whom a queue is for."""

    ASSOCIATE = "associate"
    ANNOTATOR = "annotator"
    QA_LEAD = "qa_lead"


class Purpose(StrEnum):
    """What a queue is there for: all that comes, one labeling round, or one person's quiz."""

    STANDING = "standing"
    ROUND = "round"
    QUIZ = "quiz"


class Consensus(StrEnum):
    """When several answers settle a task; what falls short goes to adjudication."""

    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    DAWID_SKENE = "dawid_skene"


class Comparison(StrEnum):
    """What came of making a frozen report again from its answers."""

    SAME = "same"
    OTHER_VERSION = "other_version"
    DIFFERS = "differs"


class FlagState(StrEnum):
    """What became of "the guideline does not cover this"."""

    OPEN = "open"
    EXAMPLE = "example"
    DISMISSED = "dismissed"


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


class ImportState(StrEnum):
    """How far a file of labels has come: it waits for a worker, is gone through, is in, or could not be read."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class ErasureCause(StrEnum):
    """Why an image was erased: somebody asked for it, or the project keeps such images no longer."""

    PERSON = "person"
    RETENTION = "retention"


class RedactionCause(StrEnum):
    """Why an image's bytes were written anew: a part drawn by a person, parts that were found, or its metadata."""

    DRAWN = "drawn"
    FOUND = "found"
    METADATA = "metadata"


class Split(StrEnum):
    """Which part of a dataset an image belongs to."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
