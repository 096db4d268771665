"""Work on models that a worker does: bringing a file in, profiling a model. Each job is safe to run twice."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from inference import rules
from inference.domain.declaration import Declaration, DeclarationRefused
from inference.enums import JobKind, RunState
from inference.models import ModelJob, ModelVersion
from inference.runtimes import RuntimeRefused
from inference.services.baseline import NothingToMeasure, measure_baseline
from inference.services.models import ModelRefused, register
from inference.services.narrowing import Frozen, NarrowRefused, check_can_narrow, register_narrow
from inference.services.profiling import Int8Refused, profile_model, register_int8
from people.models import Project, User
from people.services import audit
from people.services.announcements import announce, project_topic

JOB = "inference.model_job"
ENDED = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)
_REFUSALS = (RuntimeRefused, ModelRefused, DeclarationRefused, NothingToMeasure, Int8Refused, NarrowRefused)
_AT_LEAST = 0.01
"""How much further a job must be for it to be said again."""


@transaction.atomic
def request_registration(
    *,
    user: User | None,
    project: Project,
    file: tuple[str, BinaryIO],
    declaration: Declaration | None = None,
    name: str = "",
) -> ModelJob:
    """Keep the file (name, stream) until a worker has tried it and made it a candidate, or refused it.

    Raises PermissionDenied.
    """
    if user is not None:
        rules.check_register(user, project)
    options: dict[str, Any] = {"name": name, "declaration": declaration.to_json() if declaration else None}
    job = _made(user, project, JobKind.REGISTER, name=file[0][:200], options=options)
    file[1].seek(0)
    default_storage.save(_key(job), File(file[1]))
    return job


@transaction.atomic
def request_profile(*, user: User | None, model: ModelVersion, int8: bool = False) -> ModelJob:
    """Have the model profiled, and its quantised sibling kept where `int8` asks for it and its accuracy holds.

    One that waits or runs already is returned as it is. `user` None stands for the console. Raises PermissionDenied.
    """
    if user is not None:
        rules.check_register(user, model.project)
    going = ModelJob.objects.filter(model=model, kind=JobKind.PROFILE.value).exclude(state__in=ENDED)
    waiting = going.filter(options__int8=int8).first()
    return waiting or _made(user, model.project, JobKind.PROFILE, model=model, options={"int8": int8})


@transaction.atomic
def request_narrow(*, user: User | None, model: ModelVersion, frozen: Frozen) -> ModelJob:
    """Have a narrower sibling of the model trained from it, and kept where its accuracy holds.

    One that waits or runs already is returned as it is. `user` None stands for the console. Raises PermissionDenied,
    and NarrowRefused where there can be none.
    """
    if user is not None:
        rules.check_register(user, model.project)
    check_can_narrow(model)
    going = ModelJob.objects.filter(model=model, kind=JobKind.PROFILE.value).exclude(state__in=ENDED)
    options = {"narrow": {"dataset_id": str(frozen.dataset_id), "manifest_key": frozen.manifest_key}}
    waiting = going.filter(options__has_key="narrow").first()
    return waiting or _made(user, model.project, JobKind.PROFILE, model=model, options=options)


def carry_out(job_id: UUID | str) -> None:
    """Do the job; what cannot be done stands in its `error`. One that has ended is left alone."""
    job = ModelJob.objects.select_related("project", "model", "asked_by").filter(pk=job_id).first()
    if job is None or job.state in ENDED:
        return
    _set(job, state=RunState.RUNNING.value, progress=0)
    try:
        model = _register(job) if job.kind == JobKind.REGISTER else _profile(job)
    except _REFUSALS as refused:
        _end(job, RunState.FAILED, error=str(refused))
    except FileNotFoundError:
        _end(job, RunState.FAILED, error="The file is gone from the storage: send it again.")
    else:
        _end(job, RunState.SUCCEEDED, model=model, progress=1)
    if job.kind == JobKind.REGISTER:
        default_storage.delete(_key(job))


def give_up(job_id: UUID | str, error: str) -> None:
    """End a job that went wrong too often."""
    job = ModelJob.objects.get(pk=job_id)
    if job.state not in ENDED:
        _end(job, RunState.FAILED, error=error)


def _register(job: ModelJob) -> ModelVersion:
    declared: Mapping[str, Any] | None = job.options["declaration"]
    with TemporaryDirectory(prefix="vouch-model-") as folder:
        file = Path(folder) / "model.onnx"
        with default_storage.open(_key(job)) as sent, file.open("wb") as kept:
            for chunk in sent.chunks():
                kept.write(chunk)
        model = register(
            project=job.project,
            onnx=file,
            declaration=Declaration.from_json(declared) if declared else None,
            name=job.options["name"],
            by=job.asked_by,
        )
    _set(job, progress=0.5)
    measure_baseline(model=model)
    return model


def _profile(job: ModelJob) -> ModelVersion:
    def heard(share: float) -> None:
        if share >= job.progress + _AT_LEAST:
            _set(job, progress=min(share, 1.0))

    if "narrow" in job.options:
        asked = job.options["narrow"]
        frozen = Frozen(UUID(asked["dataset_id"]), asked["manifest_key"])
        register_narrow(model=job.model, frozen=frozen, by=job.asked_by, heard=heard)
        return job.model
    made = profile_model(model=job.model, heard=heard)
    if job.options["int8"]:
        register_int8(model=job.model, made=made, by=job.asked_by)
    return job.model


def _made(user: User | None, project: Project, kind: JobKind, **fields: Any) -> ModelJob:
    job = ModelJob.objects.create(project=project, kind=kind.value, asked_by=user, **fields)
    # What is timed must not share the machine with a training: there is one at a time of these.
    training = kind == JobKind.PROFILE
    configured = app.configure_task(
        JOB, queue="training" if training else "default", lock="training" if training else None
    )
    configured.defer(job_id=str(job.pk))
    audit.record(actor=user, action=f"model_job.{kind.value}", target=job, project_id=project.pk)
    _tell(job)
    return job


def _set(job: ModelJob, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(job, name, value)
    with transaction.atomic():
        ModelJob.objects.filter(pk=job.pk).update(**fields)
        _tell(job)


def _end(job: ModelJob, state: RunState, **fields: Any) -> None:
    _set(job, state=state.value, finished_at=timezone.now(), **fields)


def _tell(job: ModelJob) -> None:
    announce(project_topic(job.project_id), "models.changed", [job.pk])


def _key(job: ModelJob) -> str:
    return f"models/{job.project_id}/sent/{job.pk}.onnx"
