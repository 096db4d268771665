"""Asking for a training run, carrying it out, and calling it off."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from inference import rules
from inference.enums import RunState
from inference.models import ModelVersion, TrainingRun
from inference.queries.models import champion
from inference.services import known, trainers
from inference.services.baseline import measure_baseline
from inference.services.beyond import measure_beyond
from inference.services.checkpoints import StoredCheckpoints
from inference.services.evaluating import evaluate
from inference.services.models import register
from inference.services.pulse import Pulse
from inference.services.trying import CONNECTION_ERRORS
from inference.signals import model_trained
from people.models import Project, User
from people.services import audit
from people.services.announcements import announce, project_topic

logger = logging.getLogger(__name__)

JOB = "inference.train"
SILENCE = timedelta(minutes=2)
"""A run whose process has said nothing for so long has lost it."""
MOST_ATTEMPTS = 3
ENDED = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


@transaction.atomic
def request_run(
    *,
    user: User | None,
    project: Project,
    dataset_id: UUID,
    manifest_key: str,
    base: ModelVersion | None = None,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    defer: bool = True,
) -> TrainingRun:
    """A queued run and, unless not to `defer`, the job that carries it out. `user` None stands for the console.

    `options` are those of training.options.TrainingOptions, and `promote_if_better`; the run keeps them with the
    `method` named. `base` is a model to go on from. Raises PermissionDenied, and trainers.TrainingRefused for options
    that are not known or a base without weights.
    """
    if user is not None:
        rules.check_train(user, project)
    settled = trainers.settled(options or {}, has_base=base is not None, task_type=project.task_type)
    if base is not None and (base.project_id != project.pk or not base.checkpoint_key):
        raise trainers.TrainingRefused(f"{base} has no weights to go on from: choose another base, or none.")
    run = TrainingRun.objects.create(
        project=project,
        dataset_id=dataset_id,
        manifest_key=manifest_key,
        base=base,
        seed=seed,
        options=settled,
        asked_by=user,
    )
    if defer:
        _defer(run)
    audit.record(actor=user, action="run.requested", target=run, project_id=project.pk, detail={"seed": seed})
    _tell(run)
    return run


@transaction.atomic
def cancel(*, user: User | None, run: TrainingRun) -> TrainingRun:
    """Call off a run that has not ended; its process notices within seconds. An ended one stays as it is."""
    if user is not None:
        rules.check_train(user, run.project)
    run = TrainingRun.objects.select_for_update().get(pk=run.pk)
    if run.state not in ENDED:
        _end(run, RunState.CANCELLED)
        audit.record(actor=user, action="run.cancelled", target=run, project_id=run.project_id)
    return run


def run(
    run_id: UUID | str,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainingRun:
    """Carry out a queued run to its end: train, register a candidate, measure it and the champion.

    `on_progress` is told 0..1. Where `should_stop` says so the run is queued again. A run that has ended, or that
    another process is at, is returned as it stands: safe to call twice. What goes wrong with the training stands
    in the run's `error`; a lost database raises.
    """
    run = _begin(run_id)
    if run is None:
        return TrainingRun.objects.get(pk=run_id)
    pulse = Pulse(run, on_progress or (lambda fraction: None), should_stop or (lambda: False))
    try:
        _carry_out(run, pulse)
    except trainers.cancelled():
        if pulse.interrupted:
            _queue_again(run)
        else:
            # It was called off while it wrote its last one.
            StoredCheckpoints(run.pk).discard()
    except trainers.REFUSALS as refused:
        fail(run_id=run.pk, error=str(refused))
    except CONNECTION_ERRORS:
        # Nothing can be written now: the silence will be noticed and the run queued again.
        raise
    except Exception as error:
        logger.exception("training run %s failed", run.pk)
        fail(run_id=run.pk, error=f"Training failed: {type(error).__name__}: {error}"[:1000])
    return TrainingRun.objects.get(pk=run_id)


@transaction.atomic
def fail(*, run_id: UUID | str, error: str) -> None:
    """Make a run that has not ended failed, with the reason."""
    run = TrainingRun.objects.select_for_update().get(pk=run_id)
    if run.state not in ENDED:
        _end(run, RunState.FAILED, error)


def tend() -> None:
    """Look after what nobody else does: runs that fell silent, and queued ones whose job was lost."""
    before = timezone.now() - SILENCE
    for silent in TrainingRun.objects.filter(state=RunState.RUNNING, heartbeat_at__lt=before):
        if silent.attempts >= MOST_ATTEMPTS:
            fail(
                run_id=silent.pk,
                error=f"Given up after {MOST_ATTEMPTS} attempts: each time its process ended without a word.",
            )
        else:
            _queue_again(silent)
    for queued in TrainingRun.objects.filter(state=RunState.QUEUED, created_at__lt=before):
        _defer(queued)


@transaction.atomic
def _begin(run_id: UUID | str) -> TrainingRun | None:
    """The run, now this process's; None where it has ended or another process is at it."""
    run = TrainingRun.objects.select_for_update(of=("self",)).select_related("project", "base").get(pk=run_id)
    now = timezone.now()
    silent = run.heartbeat_at is not None and run.heartbeat_at < now - SILENCE
    if run.state != RunState.QUEUED and not (run.state == RunState.RUNNING and silent):
        return None
    run.state, run.attempts = RunState.RUNNING.value, run.attempts + 1
    run.started_at = run.heartbeat_at = now
    run.progress, run.eta_seconds, run.curve, run.error = 0, None, [], ""
    run.save()
    _tell(run)
    return run


def _carry_out(run: TrainingRun, pulse: Pulse) -> None:
    manifest = trainers.read_manifest(run.manifest_key)
    with trainers.trained(run, manifest, pulse.training, pulse.should_stop) as made:
        pulse.beat()
        model = register(
            project=run.project,
            onnx=made.model_path,
            checkpoint=made.state_path,
            dataset_id=run.dataset_id,
            parent=run.base,
            metrics=made.metrics,
            by=run.asked_by,
        )
    for measured in [model, champion(run.project)]:
        if measured is not None:
            evaluate(model=measured, manifest=manifest, alive=pulse.check)
            measure_beyond(model=measured, alive=pulse.check)
    pulse.beat()
    if not model.novelty:
        known.survey(model=model, manifest=manifest, alive=pulse.check)
    if not model.baseline:
        measure_baseline(model=model, alive=pulse.check)
    _succeed(run, model)


@transaction.atomic
def _succeed(run: TrainingRun, model: ModelVersion) -> None:
    """The moment the run counts; whoever hears of it does so in the same transaction."""
    current = TrainingRun.objects.select_for_update(of=("self",)).select_related("project").get(pk=run.pk)
    if current.state != RunState.RUNNING or current.attempts != run.attempts:
        return
    current.model = model
    _end(current, RunState.SUCCEEDED)
    audit.record(
        actor=current.asked_by,
        action="run.succeeded",
        target=current,
        project_id=current.project_id,
        detail={"model": str(model.pk)},
    )
    model_trained.send(sender=TrainingRun, run=current)


@transaction.atomic
def _queue_again(run: TrainingRun) -> None:
    current = TrainingRun.objects.select_for_update().get(pk=run.pk)
    if current.state == RunState.RUNNING and current.attempts == run.attempts:
        current.state, current.progress, current.eta_seconds = RunState.QUEUED.value, 0, None
        current.save(update_fields=["state", "progress", "eta_seconds"])
        _defer(current)
        _tell(current)


def _end(run: TrainingRun, state: RunState, error: str = "") -> None:
    run.state, run.error, run.finished_at = state.value, error, timezone.now()
    run.eta_seconds = None
    transaction.on_commit(StoredCheckpoints(run.pk).discard)
    if state == RunState.SUCCEEDED:
        run.progress = 1
    run.save()
    _tell(run)


def _defer(run: TrainingRun) -> None:
    """Queue the run's job, unless it waits already. One run at a time: each takes all the memory it can get."""
    job = app.configure_task(JOB, queue="training", lock="training", queueing_lock=f"train {run.pk}")
    try:
        with transaction.atomic():
            job.defer(run_id=str(run.pk))
    except AlreadyEnqueued:
        pass


def _tell(run: TrainingRun) -> None:
    announce(project_topic(run.project_id), "run.changed", [run.pk])
