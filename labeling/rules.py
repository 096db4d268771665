"""Who may do what with images, guidelines, queues and tasks."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from labeling.enums import Audience
from people.enums import Role
from people.rules import LEADS, check_role, has_role, membership

if TYPE_CHECKING:
    from labeling.models import Queue, Task
    from people.models import Project

TAKERS = {
    Audience.ASSOCIATE: {Role.ASSOCIATE, Role.QA_LEAD, Role.ENGINEER},
    Audience.ANNOTATOR: {Role.ANNOTATOR, Role.QA_LEAD, Role.ENGINEER},
    Audience.QA_LEAD: {Role.QA_LEAD},
}
"""Who takes tasks of a queue for that audience. Adjudication is the QA lead's alone."""

EVERY_SITE = None


def sites_of(user: Any, project: "Project") -> list[int] | None:
    """The ids of the sites a member's role is bounded to; EVERY_SITE where it is not.

    An associate always belongs to named sites. Anybody else is bounded only if sites were named.
    """
    held = membership(user, project)
    if held is None:
        return []
    ids: list[int] = held.site_ids
    return ids if ids or held.role == Role.ASSOCIATE else EVERY_SITE


def named_in(queue: "Queue") -> list[int]:
    """The ids of the people a queue is bounded to, none for everybody of its audience; read once a queue object."""
    known = queue.__dict__
    if "named" not in known:
        named = queue.members.through.objects.filter(queue_id=queue.pk)
        known["named"] = list(named.values_list("user_id", flat=True))
    return known["named"]


def is_of_audience(user: Any, queue: "Queue") -> bool:
    """Whether the queue is for people of the user's role."""
    return has_role(user, queue.project, TAKERS[Audience(queue.audience)])


def can_take_from(user: Any, queue: "Queue") -> bool:
    """Whether the user is of the queue's audience and, where it names people, one of them."""
    return is_of_audience(user, queue) and (not (named := named_in(queue)) or user.pk in named)


def check_take_from(user: Any, queue: "Queue") -> None:
    """Raise PermissionDenied, saying why, unless the user may take from the queue."""
    if not is_of_audience(user, queue):
        raise PermissionDenied(f"The queue {queue.name} is for {queue.audience}s.")
    if not can_take_from(user, queue):
        raise PermissionDenied(
            f"The queue {queue.name} is for the people it names, and you are not one of them."
        )


def can_see_task(user: Any, task: "Task") -> bool:
    """Whether the task is of a queue the user takes from and, where that is by site, of their sites."""
    if not can_take_from(user, task.queue):
        return False
    sites = sites_of(user, task.queue.project) if task.queue.by_site else EVERY_SITE
    return sites is EVERY_SITE or task.site_id in sites


def hands_out(queue: "Queue") -> bool:
    """Whether tasks can be taken at all: neither paused nor closed. What was taken before may still be answered."""
    return queue.paused_at is None and queue.closed_at is None


def check_takes_alerts(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless alerts are for the user's role."""
    if not has_role(user, project, TAKERS[Audience.ASSOCIATE]):
        raise PermissionDenied(
            "Alerts are for the associates of a store, and for those who lead the project."
        )


def check_write_guideline(user: Any, project: "Project") -> None:
    """QA leads write what people go by."""
    check_role(user, project, LEADS, "write guidelines")


def check_manage(user: Any, project: "Project") -> None:
    """QA leads and engineers set up labels, sources and queues, and import images."""
    check_role(user, project, LEADS, "change a project's labels, sources, queues or images")


def can_erase(user: Any, project: "Project") -> bool:
    """Whether the user may erase images: QA leads and engineers may."""
    return has_role(user, project, LEADS)


def check_erase(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may erase images and read what was erased."""
    check_role(user, project, LEADS, "erase images")


def can_set_privacy(user: Any, project: "Project") -> bool:
    """Whether the user may say what the project keeps of its photographs, and for how long: engineers may."""
    return has_role(user, project, {Role.ENGINEER})


def check_set_privacy(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may say for how long photographs are kept."""
    check_role(user, project, {Role.ENGINEER}, "say for how long photographs are kept")


def check_run_rounds(user: Any, project: "Project") -> None:
    """QA leads and engineers make rounds, gold and quizzes."""
    check_role(user, project, LEADS, "make rounds, known answers or quizzes")


def takes_quizzes(user: Any, project: "Project") -> bool:
    """Whether the user answers quizzes before tasks: annotators do, who leads a project does not."""
    return has_role(user, project, {Role.ANNOTATOR})


def check_takes_quizzes(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless quizzes are for the user."""
    check_role(user, project, {Role.ANNOTATOR}, "answer a quiz")


def check_see_reports(user: Any, project: "Project") -> None:
    """Progress and answers of everybody are for QA leads and engineers."""
    check_role(user, project, LEADS, "read everybody's answers")
