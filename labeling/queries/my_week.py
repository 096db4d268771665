"""What became of one person's answers this week."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from labeling.enums import AnswerState, Verdict
from labeling.models import Answer, Resolution
from people.models import Project
from people.queries.ids import id_floor


@dataclass(frozen=True)
class Week:
    """Since Monday: how many images were answered, and at how many of them the model's mistake was corrected."""

    answers: int
    fixed: int
    since: datetime


def week_of(user: Any, project: Project, now: datetime | None = None) -> Week:
    """A mistake is fixed where the user's correction is what the project holds true. Known answers are counted too:

    who could tell them by their missing would know them.
    """
    today = (now or timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=today.weekday())
    said = Answer.objects.filter(
        user=user,
        project=project,
        id__gte=id_floor(since),
        created_at__gte=since,
        state=AnswerState.COUNTED.value,
        superseded_by=None,
    )
    true = Resolution.objects.filter(image=OuterRef("task__image"), replaced_at=None, value=OuterRef("value"))
    fixed = said.filter(Exists(true), verdict=Verdict.CORRECT.value)
    return Week(
        answers=said.values("task__image").distinct().count(),
        fixed=fixed.values("task__image").distinct().count(),
        since=since,
    )
