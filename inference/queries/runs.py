"""Training runs, as far as somebody may see them."""

from typing import Any

from django.db.models import QuerySet

from inference.models import TrainingRun
from inference.rules import LEADS
from people.models import Membership


def visible_to(user: Any) -> QuerySet[TrainingRun]:
    """The runs of the projects where the user is a QA lead or an engineer."""
    led = Membership.objects.filter(user=user, role__in=[str(role) for role in LEADS])
    return TrainingRun.objects.filter(project__in=led.values("project"))
