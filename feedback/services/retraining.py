"""From what people said to a better model in one step: freeze it, train on it, promote what wins."""

from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from feedback import rules
from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.services import datasets
from inference.models import TrainingRun
from inference.queries.models import champion
from inference.services.trainers import TrainingRefused, settled
from inference.services.training import request_run
from people.models import Project

JOB = "feedback.train_when_frozen"
SCRATCH = "scratch"


@transaction.atomic
def retrain(*, user: Any, project: Project, method: str = SCRATCH) -> DatasetVersion:
    """Ask for a dataset of everything held true by now and, once it is frozen, for a run that trains on it.

    `method` is one of trainers.METHODS; all but `scratch` go on from the champion. The model trained serves at once
    if it passes the gate and `user` may promote. Returns the dataset, still building. Raises PermissionDenied, and
    trainers.TrainingRefused for a method that cannot be.
    """
    rules.check_train(user, project)
    settled({"method": method}, has_base=method != SCRATCH, task_type=project.task_type)
    if method != SCRATCH and not can_go_on(project):
        raise TrainingRefused("No model trained here is in service: nothing to go on from but scratch.")
    dataset = datasets.request_dataset(user=user, project=project)
    # Jobs of one lock run one at a time in the order they were asked for: this one comes after the freezing.
    app.configure_task(JOB, lock=f"freeze {project.pk}", queue="default").defer(
        dataset_id=str(dataset.pk), method=method
    )
    return dataset


def can_go_on(project: Project) -> bool:
    """Whether the champion has weights to go on from."""
    model = champion(project)
    return model is not None and bool(model.checkpoint_key)


def train_when_frozen(dataset_id: UUID | str, method: str = SCRATCH) -> TrainingRun | None:
    """Ask for the run on behalf of who asked for the dataset; None where it could not be frozen.

    Safe to run twice: a dataset that has a run keeps it. Where the champion changed to one without weights meanwhile,
    the run begins from scratch.
    """
    dataset = datasets.freeze(dataset_id)
    if dataset.state != DatasetState.FROZEN:
        return None
    with transaction.atomic():
        DatasetVersion.objects.select_for_update().get(pk=dataset.pk)
        base = champion(dataset.project) if method != SCRATCH and can_go_on(dataset.project) else None
        known = TrainingRun.objects.filter(project=dataset.project, dataset_id=dataset.pk).first()
        return known or request_run(
            user=dataset.by,
            project=dataset.project,
            dataset_id=dataset.pk,
            manifest_key=dataset.manifest_key,
            base=base,
            options={"promote_if_better": True, "method": method if base else SCRATCH},
        )
