"""Several models of a project as one: their files serve together, and the mean of what they say is what is said."""

from collections.abc import Sequence

from django.db import transaction

from inference.enums import ModelRuntime
from inference.models import ModelVersion
from inference.queries.models import files_of
from inference.services.models import ModelRefused, lock, next_number
from people.enums import TaskType
from people.models import Project, User
from people.services import audit
from people.services.announcements import announce, project_topic

MOST_FILES = 10


@transaction.atomic
def join(*, project: Project, models: Sequence[ModelVersion], by: User | None = None) -> ModelVersion:
    """A candidate of the files of these models, in their order; the same models again are the candidate they were.

    Embeddings, and so what is far from everything known, are the first model's. Raises ModelRefused for models that
    cannot share one decoded picture, know other labels, run elsewhere, or are fewer than two or too many.
    """
    if project.task_type != TaskType.CLASSIFICATION:
        raise ModelRefused("Models that find boxes cannot be joined: only classifiers can.")
    if len({model.pk for model in models}) != len(models) or len(models) < 2:
        raise ModelRefused("Two or more different models are joined.")
    first = models[0]
    for model in models:
        _check(project, first, model)
    files = [file for model in models for file in files_of(model)]
    if len(files) > MOST_FILES:
        raise ModelRefused(f"{len(files)} files serve too slowly together; {MOST_FILES} is the most.")
    lock(project)
    known = ModelVersion.objects.filter(project=project, sha256=first.sha256, members=files[1:]).first()
    if known is not None:
        return known
    model = ModelVersion.objects.create(
        project=project,
        number=next_number(project),
        sha256=first.sha256,
        key=first.key,
        bytes=first.bytes,
        members=files[1:],
        architecture=" + ".join(dict.fromkeys(model.architecture for model in models))[:200],
        labels=first.labels,
        preprocessing=first.preprocessing,
        temperature=first.temperature,
        novelty=first.novelty,
        parent=first,
        dataset_id=first.dataset_id,
    )
    audit.record(
        actor=by,
        action="model.joined",
        target=model,
        project_id=project.pk,
        detail={"number": model.number, "of": [model.number for model in models]},
    )
    announce(project_topic(project.pk), "models.changed", [model.pk])
    return model


def _check(project: Project, first: ModelVersion, model: ModelVersion) -> None:
    if model.project_id != project.pk:
        raise ModelRefused(f"{model} belongs to another project.")
    if model.runtime != ModelRuntime.ONNX.value:
        raise ModelRefused(f"{model} runs elsewhere: there is no file of it here.")
    if set(model.labels) != set(first.labels):
        raise ModelRefused(
            f"{model} predicts {', '.join(model.labels)}; {first} predicts {', '.join(first.labels)}. "
            "Models that are joined share their labels."
        )
    if model.preprocessing != first.preprocessing:
        raise ModelRefused(
            f"{model} takes other pixels than {first}: models that are joined share one picture."
        )
