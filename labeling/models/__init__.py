"""What is asked of people, and what they said."""

from labeling.models.agreement import (
    AgreementCheck,
    AgreementReport,
    AgreementSchedule,
    AgreementStatistics,
    ContextRanges,
)
from labeling.models.answer import Answer, Resolution
from labeling.models.consensus import PendingConsensus
from labeling.models.erasure import Erasure, PrivacySettings
from labeling.models.gold import Gold, Quiz, QuizAttempt
from labeling.models.guideline import (
    GuidelineAcknowledgement,
    GuidelineExample,
    GuidelineFlag,
    GuidelineVersion,
)
from labeling.models.image import Image
from labeling.models.label import Label
from labeling.models.label_import import LabelImport
from labeling.models.queue import Queue
from labeling.models.redaction import Redaction
from labeling.models.region import Region
from labeling.models.round import Round
from labeling.models.source import Source
from labeling.models.task import CommonFrontier, Frontier, Slot, Task
from labeling.models.vote import Vote

__all__ = [
    "AgreementCheck",
    "AgreementReport",
    "AgreementSchedule",
    "AgreementStatistics",
    "Answer",
    "CommonFrontier",
    "ContextRanges",
    "Erasure",
    "Frontier",
    "Gold",
    "GuidelineAcknowledgement",
    "GuidelineExample",
    "GuidelineFlag",
    "GuidelineVersion",
    "Image",
    "Label",
    "LabelImport",
    "PendingConsensus",
    "PrivacySettings",
    "Queue",
    "Quiz",
    "QuizAttempt",
    "Redaction",
    "Resolution",
    "Region",
    "Round",
    "Slot",
    "Source",
    "Task",
    "Vote",
]
