"""What somebody should look at, as far as a user may see it."""

from typing import Any

from django.db.models import QuerySet

from people.models import Alarm, Project
from people.queries.projects import led_by


def visible_to(user: Any) -> QuerySet[Alarm]:
    """The alarms of the projects the user leads."""
    return Alarm.objects.filter(project__in=led_by(user)).select_related("project", "settled_by")


def standing(project: Project, kind: str | None = None) -> QuerySet[Alarm]:
    """The project's alarms that nobody has settled, newest first; of one kind where it is named."""
    found = Alarm.objects.filter(project=project, settled_at=None).order_by("-raised_at")
    return found if kind is None else found.filter(kind=kind)
