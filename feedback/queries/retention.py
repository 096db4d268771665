"""Which images a project keeps no longer: by what became of them, and for how long that is so."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Exists, OuterRef, QuerySet

from feedback.enums import DatasetState
from feedback.models import DatasetMember
from inference.enums import CaptureState
from inference.models import Capture
from labeling.enums import AnswerState, TaskState
from labeling.models import Answer, Gold, GuidelineExample, Image, PrivacySettings, Resolution, Task
from people.models import Project
from people.queries.ids import id_floor


class Kept(StrEnum):
    """What became of an image that may go; what is none of these is kept."""

    ACCEPTED = "accepted"
    REVIEWED = "reviewed"


def due(project: Project, state: Kept, days: int, now: datetime) -> QuerySet[Image]:
    """The images of that state whose `days` are over at `now`.

    Accepted are captures that nobody answered about, from the last time they came in; reviewed those that somebody
    answered about, from the last answer or truth on. Never: what is in a dataset, gold, an example of a guideline or
    waits for an answer; nor what was imported and nobody answered about.
    """
    before = now - timedelta(days=days)
    of_image = {"image": OuterRef("pk")}
    captures = Capture.objects.filter(**of_image)
    answers = Answer.objects.filter(task__image=OuterRef("pk"), state=AnswerState.COUNTED.value)
    truths = Resolution.objects.filter(**of_image, replaced_at=None)
    images = Image.objects.filter(
        ~Exists(Task.objects.filter(**of_image, state=TaskState.OPEN.value)),
        ~Exists(Gold.objects.filter(**of_image, retired_at=None)),
        ~Exists(GuidelineExample.objects.filter(**of_image)),
        ~Exists(
            DatasetMember.objects.filter(example__image=OuterRef("pk")).exclude(
                dataset__state=DatasetState.FAILED.value
            )
        ),
        ~Exists(captures.filter(received_at__gte=before)),
        project=project,
        erased_at=None,
        pk__lt=id_floor(before),
    )
    if state is Kept.REVIEWED:
        return images.filter(
            Exists(answers),
            ~Exists(answers.filter(created_at__gte=before)),
            ~Exists(truths.filter(created_at__gte=before)),
        )
    return images.filter(
        Exists(captures),
        ~Exists(captures.filter(state=CaptureState.PENDING.value)),
        ~Exists(answers),
        ~Exists(truths),
    )


def terms(kept: PrivacySettings) -> dict[Kept, int]:
    """The days by state, of the states that go at all."""
    days = {Kept.ACCEPTED: kept.accepted_days, Kept.REVIEWED: kept.reviewed_days}
    return {state: count for state, count in days.items() if count is not None}


def counted(kept: PrivacySettings, now: datetime, most: int) -> dict[Kept, int]:
    """How many images would go at `now`, by state, counted up to `most` of each."""
    return {
        state: due(kept.project, state, days, now).values("pk")[:most].count()
        for state, days in terms(kept).items()
    }
