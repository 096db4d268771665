"""Whom an alert is put to: the people of its store, and who manages it."""

from django.db.models import Exists, OuterRef, QuerySet

from labeling.models import Task
from people.enums import Role
from people.models import Membership, User


def associates_of(task: Task) -> QuerySet[User]:
    """Those of the task's store who have not answered it."""
    there = Membership.objects.filter(
        user=OuterRef("pk"), project=task.project_id, role=Role.ASSOCIATE.value, sites=task.site_id
    )
    answered = task.answers.filter(user=OuterRef("pk"))
    return _people().filter(Exists(there), ~Exists(answered))


def managers_of(task: Task) -> QuerySet[User]:
    """Who manages the task's store; where nobody does, the project's QA leads."""
    held = Membership.objects.filter(user=OuterRef("pk"), project=task.project_id)
    managers = _people().filter(Exists(held.filter(manages=True, sites=task.site_id)))
    return managers if managers.exists() else _people().filter(Exists(held.filter(role=Role.QA_LEAD.value)))


def _people() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_machine=False).order_by("pk")
