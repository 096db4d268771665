"""Who may freeze, train, promote and set the routing."""

from typing import TYPE_CHECKING, Any

from people.enums import Role
from people.rules import LEADS, check_role, has_role

if TYPE_CHECKING:
    from people.models import Project

ENGINEERS = {Role.ENGINEER}


def check_see(user: Any, project: "Project") -> None:
    """QA leads and engineers read datasets, runs, models and routing."""
    check_role(user, project, LEADS, "read datasets, models and routing")


def can_freeze(user: Any, project: "Project") -> bool:
    """Whether the user may freeze datasets: QA leads and engineers may."""
    return has_role(user, project, LEADS)


def check_freeze(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may freeze datasets."""
    check_role(user, project, LEADS, "freeze a dataset")


def check_look_for_label_errors(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may have a dataset's labels looked at for errors."""
    check_role(user, project, LEADS, "look for label errors")


def can_train(user: Any, project: "Project") -> bool:
    """Whether the user may start training: QA leads and engineers may."""
    return has_role(user, project, LEADS)


def check_train(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may start training."""
    check_role(user, project, LEADS, "start training")


def can_set_retraining(user: Any, project: "Project") -> bool:
    """Whether the user may set when the project retrains by itself: engineers may."""
    return has_role(user, project, ENGINEERS)


def check_set_retraining(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may set when the project retrains by itself."""
    check_role(user, project, ENGINEERS, "set when to retrain")


def can_promote(user: Any, project: "Project") -> bool:
    """Whether the user may say which model serves: engineers may."""
    return has_role(user, project, ENGINEERS)


def check_promote(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may say which model serves."""
    check_role(user, project, ENGINEERS, "promote a model or roll one back")


def can_recalibrate(user: Any, project: "Project") -> bool:
    """Whether the user may have a model's confidence calibrated anew: QA leads and engineers may."""
    return has_role(user, project, LEADS)


def check_recalibrate(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may have a model's confidence calibrated anew."""
    check_role(user, project, LEADS, "calibrate a model")


def can_set_policy(user: Any, project: "Project") -> bool:
    """Whether the user may change the routing: engineers may."""
    return has_role(user, project, ENGINEERS)


def check_serve_at_the_edge(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user's devices may hold the model and the key of the audits' draws."""
    check_role(user, project, ENGINEERS, "have devices decide")


def check_set_policy(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may change the routing."""
    check_role(user, project, ENGINEERS, "change the routing")


def can_accept_drift(user: Any, project: "Project") -> bool:
    """Whether the user may say that what the cameras send now is the new normal: QA leads and engineers may."""
    return has_role(user, project, LEADS)


def check_accept_drift(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may say that what the cameras send now is the new normal."""
    check_role(user, project, LEADS, "accept a new normal")


def check_see_cameras(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may see how cameras fare: who leads, and associates at their sites."""
    check_role(user, project, LEADS | {Role.ASSOCIATE}, "see how cameras fare")


def can_tend_cameras(user: Any, project: "Project") -> bool:
    """Whether the user may say how a camera should look and when it is not judged: QA leads and engineers may."""
    return has_role(user, project, LEADS)


def check_tend_cameras(user: Any, project: "Project") -> None:
    """Raise PermissionDenied unless the user may say how a camera should look and when it is not judged."""
    check_role(user, project, LEADS, "tend cameras")
