"""Calibrating a model's confidence anew by what people verified in production."""

import logging
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from feedback import rules
from feedback.queries.confidences import claimed
from inference.domain.recalibration import LEAST_ANSWERS, refit
from inference.models import Calibration, ModelVersion
from inference.queries import calibrations
from inference.queries.models import champion
from people.models import Project
from people.services import audit
from people.services.announcements import announce, project_topic

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recalibrated:
    """What came of it: the calibration made, or None, and one sentence that says why."""

    calibration: Calibration | None
    reason: str


@transaction.atomic
def recalibrate(*, user: Any, model: ModelVersion) -> Recalibrated:
    """Put a new temperature in force for the model where verified answers show that it is better.

    It has to be better on answers that it was not fitted to, by more than chance. Each answer counts by one over the
    chance it had of being asked for. `user` None stands for the schedule or the console. Raises PermissionDenied.
    """
    if user is not None:
        rules.check_recalibrate(user, model.project)
    # Two at once would each put a calibration in force from the same answers.
    ModelVersion.objects.select_for_update(no_key=True).get(pk=model.pk)
    verified = claimed(model)
    count = 0 if verified is None else len(verified)
    if verified is None or count < LEAST_ANSWERS:
        return Recalibrated(
            None,
            f"People have verified {count} of its answers so far; {LEAST_ANSWERS} are needed to calibrate.",
        )
    if not (verified.truth >= 0).any():
        return Recalibrated(
            None, "What people said are labels that the model does not know: train a new one."
        )
    before = calibrations.newest(model.pk)
    found = refit(verified, before.temperature if before else calibrations.OWN)
    if not found.better:
        return Recalibrated(
            None,
            f"Its confidence stays as it is: on {count} verified answers another temperature would be no better "
            "than chance allows.",
        )
    made = Calibration.objects.create(
        model=model,
        temperature=found.temperature,
        answers=count,
        metrics={"before": found.before, "after": found.after, "gain": found.gain, "gain_error": found.error},
    )
    audit.record(
        actor=user,
        action="model.recalibrated",
        target=model,
        project_id=model.project_id,
        detail={"calibration": str(made.pk), "temperature": made.temperature, "answers": count},
    )
    announce(project_topic(model.project_id), "models.changed", [model.pk])
    return Recalibrated(
        made,
        f"Calibrated on {count} verified answers, at temperature {made.temperature:.2f} from the next image on.",
    )


def recalibrate_all() -> None:
    """Calibrate every project's champion; what goes wrong with one does not keep the others from it."""
    for project in Project.objects.order_by("pk"):
        serving = champion(project)
        if serving is not None:
            try:
                logger.info("%s of %s: %s", serving, project, recalibrate(user=None, model=serving).reason)
            except ValueError:
                logger.exception("%s of %s cannot be calibrated", serving, project)
