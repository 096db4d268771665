"""What people said the guideline does not cover, as far as somebody may see it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from labeling.enums import FlagState
from labeling.models import Answer, GuidelineFlag
from people.models import Project
from people.queries.projects import led_by

SHOWN_FOR = timedelta(days=7)
"""How long a reply stands beside the work of who raised the flag."""


def visible_to(user: Any) -> QuerySet[GuidelineFlag]:
    """Who leads a project sees all its flags; anybody else, while a member, those they raised."""
    return GuidelineFlag.objects.filter(
        Q(project__in=led_by(user)) | Q(user=user), project__memberships__user=user
    ).select_related("project", "image", "user", "guideline", "settled_by")


def open_of(project: Project) -> QuerySet[GuidelineFlag]:
    """The project's flags that wait for a QA lead, the oldest first."""
    return (
        GuidelineFlag.objects.filter(project=project, state=FlagState.OPEN.value)
        .select_related("image", "user", "guideline")
        .order_by("id")
    )


def waiting(project: Project) -> int:
    """How many flags wait for a QA lead."""
    return GuidelineFlag.objects.filter(project=project, state=FlagState.OPEN.value).count()


def replies_to(user: Any, project: Project) -> QuerySet[GuidelineFlag]:
    """What QA leads answered to this person's flags in the last days, the newest three."""
    return (
        GuidelineFlag.objects.filter(project=project, user=user, settled_at__gt=timezone.now() - SHOWN_FOR)
        .exclude(state=FlagState.OPEN.value)
        .exclude(reply="")
        .select_related("image", "settled_by")
        .order_by("-settled_at")[:3]
    )


def said_of(flags: Iterable[GuidelineFlag]) -> dict[UUID, Answer]:
    """What each flag's author last answered about its image, by flag; who has not answered is left out."""
    flags = list(flags)
    answers = Answer.objects.filter(
        task__image__in={flag.image_id for flag in flags},
        user__in={flag.user_id for flag in flags},
        superseded_by=None,
    ).select_related("task")
    latest = {(answer.task.image_id, answer.user_id): answer for answer in answers.order_by("id")}
    return {
        flag.pk: latest[flag.image_id, flag.user_id]
        for flag in flags
        if (flag.image_id, flag.user_id) in latest
    }
