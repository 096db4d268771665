"""What is asked of people, and what they said."""

from labeling.models.answer import Answer, Resolution
from labeling.models.guideline import GuidelineAcknowledgement, GuidelineVersion
from labeling.models.image import Image
from labeling.models.label import Label
from labeling.models.queue import Queue
from labeling.models.source import Source
from labeling.models.task import Slot, Task

__all__ = [
    "Answer",
    "GuidelineAcknowledgement",
    "GuidelineVersion",
    "Image",
    "Label",
    "Queue",
    "Resolution",
    "Slot",
    "Source",
    "Task",
]
