"""Registering models, and saying which one serves."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max

from inference.domain.declaration import LEFT_OUT, Declaration
from inference.enums import ModelRuntime, Stage
from inference.models import ModelVersion
from inference.queries.models import champion
from inference.services import shadows, site_trials
from inference.services.checking import Checked, check
from people.models import Project, User
from people.services import audit
from people.services.announcements import CAPTURES, announce, project_topic


class ModelRefused(ValueError):
    """A model that this project cannot use; the message says why and what would be right."""


def register(
    *,
    project: Project,
    onnx: Path,
    declaration: Declaration | None = None,
    checkpoint: Path | None = None,
    dataset_id: UUID | None = None,
    parent: ModelVersion | None = None,
    metrics: dict[str, Any] | None = None,
    name: str = "",
    by: User | None = None,
) -> ModelVersion:
    """Keep a model file as a candidate; the same file again is the model it was before.

    It is tried in a process of its own. Without a `declaration` it keeps our contract, and labels, preprocessing,
    temperature and architecture are read from it; with one it may be any classifier or detector, and is kept wrapped.
    `checkpoint` is what a later training can go on from. Raises runtimes.RuntimeRefused for a file that cannot serve,
    and ModelRefused for labels the project does not have.
    """
    if declaration is not None:
        _check_labels(project, [label for label in declaration.labels if label != LEFT_OUT])
    checked = check(onnx, declaration)
    if checked.task != project.task_type:
        raise ModelRefused(f"The model is for {checked.task}, the project for {project.task_type}.")
    _check_labels(project, checked.labels)
    return keep(
        project=project,
        checked=checked,
        trained=checkpoint,
        by=by,
        name=name,
        parent=parent,
        dataset_id=dataset_id,
        metrics=metrics or {},
    )


def _check_labels(project: Project, labels: Sequence[str]) -> None:
    known = list(project.labels.values_list("key", flat=True))
    if unknown := sorted(set(labels) - set(known)):
        raise ModelRefused(
            f"The model predicts {', '.join(unknown)}; the project has {', '.join(sorted(known)) or 'no labels'}."
        )


@transaction.atomic
def keep(
    *, project: Project, checked: Checked, trained: Path | None = None, by: User | None = None, **fields: Any
) -> ModelVersion:
    """A candidate of a file that was checked, with these fields; the same file again is the model it was before."""
    sha256 = hashlib.sha256(checked.content).hexdigest()
    lock(project)
    registered = ModelVersion.objects.filter(project=project, sha256=sha256, members=[]).first()
    if registered is not None:
        return registered
    key = f"models/{project.pk}/{sha256}.onnx"
    default_storage.save(key, ContentFile(checked.content))
    checkpoint_key = ""
    if trained is not None:
        state = trained.read_bytes()
        checkpoint_key = f"models/{project.pk}/{hashlib.sha256(state).hexdigest()}{trained.suffix}"
        default_storage.save(checkpoint_key, ContentFile(state))
    model = ModelVersion.objects.create(
        project=project,
        number=next_number(project),
        sha256=sha256,
        key=key,
        checkpoint_key=checkpoint_key,
        bytes=len(checked.content),
        architecture=checked.architecture,
        labels=checked.labels,
        preprocessing=checked.preprocessing,
        temperature=checked.temperature,
        profile={**checked.profile, "notes": checked.notes},
        **fields,
    )
    audit.record(
        actor=by,
        action="model.registered",
        target=model,
        project_id=project.pk,
        detail={"number": model.number, "sha256": sha256},
    )
    announce(project_topic(project.pk), "models.changed", [model.pk])
    return model


@transaction.atomic
def external_model(*, project: Project, name: str) -> ModelVersion:
    """The model version that stands for somebody else's service of that name; made at its first prediction."""
    known = ModelVersion.objects.filter(project=project, runtime=ModelRuntime.EXTERNAL.value, name=name)
    model = known.first()
    if model is None:
        lock(project)
        model = known.first()
    if model is None:
        model = ModelVersion.objects.create(
            project=project,
            number=next_number(project),
            name=name,
            runtime=ModelRuntime.EXTERNAL.value,
        )
        announce(project_topic(project.pk), "models.changed", [model.pk])
    return model


@transaction.atomic
def set_champion(*, project: Project, model: ModelVersion) -> ModelVersion | None:
    """Have `model` serve from now on; returns the model that served before, retired, or None.

    The inference processes hear of it when this commits. Where `model` serves already nothing changes and
    None is returned. Raises ModelRefused for a model of another project or one that is not ours to run.
    """
    if model.project_id != project.pk:
        raise ModelRefused(f"{model} belongs to another project.")
    if model.runtime != ModelRuntime.ONNX.value:
        raise ModelRefused(f"{model} runs elsewhere: its predictions come with the captures.")
    lock(project)
    before = champion(project)
    if before is not None:
        if before.pk == model.pk:
            return None
        before.stage = Stage.RETIRED.value
        before.save(update_fields=["stage"])
    model.stage = Stage.CHAMPION.value
    model.save(update_fields=["stage"])
    shadows.follow(project=project, serving=model)
    site_trials.end_all(project=project, serving=model)
    announce(project_topic(project.pk), "models.changed", [model.pk])
    announce(CAPTURES, "champion.changed", [model.pk])
    return before


def lock(project: Project) -> None:
    """Numbers and the champion of one project change one at a time."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def next_number(project: Project) -> int:
    """The number of the project's next model; hold `lock`."""
    highest = ModelVersion.objects.filter(project=project).aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1
