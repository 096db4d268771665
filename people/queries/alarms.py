"""What somebody should look at, as far as a user may see it, and who is written to about it."""

from typing import Any

from django.db.models import QuerySet

from people.models import Alarm, Project, User
from people.queries.projects import led_by
from people.rules import LEADS

MOST_COUNTED = 100


def visible_to(user: Any) -> QuerySet[Alarm]:
    """The alarms of the projects the user leads."""
    return Alarm.objects.filter(project__in=led_by(user)).select_related(
        "project", "site", "acknowledged_by", "settled_by"
    )


def standing(project: Project, kind: str | None = None) -> QuerySet[Alarm]:
    """The project's alarms that nobody has settled, newest first; of one kind where it is named."""
    found = Alarm.objects.filter(project=project, settled_at=None).order_by("-raised_at")
    return found if kind is None else found.filter(kind=kind)


def calling(project: Project) -> int:
    """How many stand that nobody looks at yet, counted to a hundred."""
    return standing(project).filter(acknowledged_at=None).order_by()[:MOST_COUNTED].count()


def addresses(project: Project) -> QuerySet[User, str]:
    """The mail addresses of those who lead the project and have one."""
    leads = User.objects.filter(
        is_active=True,
        is_machine=False,
        memberships__project=project,
        memberships__role__in=[str(role) for role in LEADS],
    )
    return leads.exclude(email="").order_by("email").values_list("email", flat=True).distinct()
