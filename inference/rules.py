"""Who may send captures, read predictions, and keep the models."""

from typing import TYPE_CHECKING, Any

from people.enums import Role
from people.rules import check_role, has_role

if TYPE_CHECKING:
    from people.models import Project

LEADS = {Role.QA_LEAD, Role.ENGINEER}


def check_ingest(user: Any, project: "Project") -> None:
    """Engineers' and QA leads' cameras and services send captures."""
    check_role(user, project, LEADS, "send captures")


def can_see_captures(user: Any, project: "Project") -> bool:
    """Captures and predictions are read by QA leads and engineers; anybody else sees their tasks."""
    return has_role(user, project, LEADS)


def check_see_captures(user: Any, project: "Project") -> None:
    """Raise PermissionDenied for whoever only sees tasks."""
    check_role(user, project, LEADS, "read captures and predictions")


def check_train(user: Any, project: "Project") -> None:
    """QA leads and engineers start and cancel training runs."""
    check_role(user, project, LEADS, "train models")
