"""Who may send captures, read predictions, and keep the models."""

from typing import TYPE_CHECKING, Any

from people.enums import Role
from people.rules import LEADS, check_role, has_role

if TYPE_CHECKING:
    from people.models import Project


ENGINEERS = {Role.ENGINEER}


def check_ingest(user: Any, project: "Project") -> None:
    """Engineers' and QA leads' cameras and services send captures."""
    check_role(user, project, LEADS, "send captures")


def check_see_captures(user: Any, project: "Project") -> None:
    """Captures and predictions are read by QA leads and engineers; anybody else sees their tasks."""
    check_role(user, project, LEADS, "read captures and predictions")


def check_train(user: Any, project: "Project") -> None:
    """QA leads and engineers start and cancel training runs."""
    check_role(user, project, LEADS, "train models")


def check_register(user: Any, project: "Project") -> None:
    """Engineers bring in models and have them profiled."""
    check_role(user, project, ENGINEERS, "bring in and profile models")


def can_register(user: Any, project: "Project") -> bool:
    """Whether the user may bring in models and have them profiled: engineers may."""
    return has_role(user, project, ENGINEERS)


def check_set_budget(user: Any, project: "Project") -> None:
    """Engineers say what a model may cost."""
    check_role(user, project, ENGINEERS, "set what a model may cost")


def check_set_gate(user: Any, project: "Project") -> None:
    """Engineers say what the gate asks of a model."""
    check_role(user, project, ENGINEERS, "set what the gate asks of a model")


def check_shadow(user: Any, project: "Project") -> None:
    """Engineers have a candidate run in shadow, and stop it."""
    check_role(user, project, ENGINEERS, "run a model in shadow or stop it")


def can_shadow(user: Any, project: "Project") -> bool:
    """Whether the user may have a candidate run in shadow: engineers may."""
    return has_role(user, project, ENGINEERS)
