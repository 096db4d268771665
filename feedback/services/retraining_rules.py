"""Setting when a project retrains by itself, doing so when a rule fires, and having measured what a forecast lacks."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from feedback import rules
from feedback.domain.retraining_rules import FIELDS, checked
from feedback.models import DatasetVersion, RetrainingRules
from feedback.queries.learning_curve import unmeasured
from feedback.queries.retraining_rules import outcome, rules_of
from feedback.services import gate_figures
from feedback.services.retraining import retrain
from inference.models import ModelVersion
from inference.services.trainers import methods_for
from people.models import Project
from people.services import audit

logger = logging.getLogger(__name__)

JOB = "feedback.retrain_by_rules"


@transaction.atomic
def set_rules(*, user: Any, project: Project, changes: Mapping[str, Any]) -> RetrainingRules:
    """Change the fields named, and train on behalf of `user` from now on.

    Raises PermissionDenied for who may not, and RulesRefused naming each wrong field.
    """
    rules.check_set_retraining(user, project)
    # Two engineers may set them at once: the later one sees what the earlier said, and there is one row.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    held = rules_of(project)
    fields = checked({**document(held), **changes}, methods=methods_for(project.task_type))
    made, _ = RetrainingRules.objects.update_or_create(
        project=project, defaults={**fields, "by": user, "set_at": timezone.now()}
    )
    audit.record(actor=user, action="retraining_rules.set", target=made, project_id=project.pk, detail=fields)
    return made


@transaction.atomic
def measure_earlier(*, user: Any, project: Project) -> list[ModelVersion]:
    """Have a worker measure on the newest test images the models that a learning curve lacks; these models.

    Raises PermissionDenied.
    """
    rules.check_train(user, project)
    dataset, models = unmeasured(project)
    if dataset is not None and models:
        gate_figures.request(dataset=dataset, models=models)
    return models


def document(held: RetrainingRules) -> dict[str, Any]:
    """The fields of the rules as they are sent and set: prices are numbers, None is no rule, bound or price."""
    prices = ("people_hour_price", "compute_hour_price")
    fields = {name: getattr(held, name) for name in FIELDS}
    return fields | {name: None if fields[name] is None else float(fields[name]) for name in prices}


def apply_everywhere() -> list[DatasetVersion]:
    """Retrain wherever a rule fires; the datasets asked for. Safe to run twice, and two at once."""
    asked = []
    for project in RetrainingRules.objects.filter(is_on=True).order_by("pk").values_list("pk", flat=True):
        try:
            dataset = apply(project=project)
        except Exception:
            # One project's trouble keeps no other from its training.
            logger.exception("the retraining rules of project %s could not be applied", project)
        else:
            asked += [dataset] if dataset else []
    return asked


@transaction.atomic
def apply(*, project: UUID) -> DatasetVersion | None:
    """Retrain if a rule fires, on behalf of who set it; the dataset asked for, None where none was."""
    # Of two workers one waits here, and then sees the dataset that the other has asked for.
    Project.objects.select_for_update(no_key=True).get(pk=project)
    held = RetrainingRules.objects.select_related("project", "by").filter(pk=project, is_on=True).first()
    if held is None:
        return None
    found = outcome(held).decision
    if found.fired is None:
        return None
    dataset = retrain(user=held.by, project=held.project, method=held.method)
    audit.record(
        actor=None,
        action="retraining.fired",
        target=dataset,
        project_id=project,
        detail={
            "rule": str(found.fired),
            "why": found.why,
            "method": held.method,
            "on_behalf_of": held.by_id,
        },
    )
    return dataset
