"""What the forms of rounds have in common: terms read from fields, every reason why one cannot be taken."""

from datetime import datetime, time

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from people.enums import Role
from people.models import Membership, Project, User

Errors = dict[str, list[str]]


def people(project: Project) -> list[User]:
    """Who may take part in a round."""
    held = Membership.objects.filter(project=project).exclude(role=Role.ASSOCIATE)
    return list(User.objects.filter(pk__in=held.values("user")).order_by("first_name", "username"))


def members_of(given: QueryDict, project: Project) -> list[User]:
    """The people chosen; nobody means everybody who labels."""
    names = given.getlist("members")
    return [user for user in people(project) if user.username in names]


def share_of(given: QueryDict, errors: Errors) -> float:
    """The share of gold, 0..1, from percent."""
    try:
        share = float(given.get("gold_share") or 0) / 100
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        errors["gold_share"] = ["Choose from 0 to 100 percent."]
    return share


def due_of(given: QueryDict, errors: Errors) -> datetime | None:
    """The end of the day it is due on, where the reader is."""
    due = given.get("due_at", "")
    try:
        day = parse_date(due) if due else None
    except ValueError:
        day = None
    if due and day is None:
        errors["due_at"] = ["Choose a day."]
    return datetime.combine(day, time.max, timezone.get_current_timezone()) if day else None
