"""A training run from asking to its end: trained, measured, cancelled, killed, and taken up again."""

import contextlib
import os
import signal
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from inference.enums import RunState, Stage
from inference.models import Evaluation, ModelVersion, TrainingRun
from inference.queries.models import champion
from inference.services import children, training
from inference.services.models import set_champion
from inference.services.trainers import TrainingRefused
from inference.signals import model_trained
from tests.factories.inference import COLOURS, colour_manifest, colour_project
from tests.factories.people import member
from tests.inference.conftest import environment, until

QUICK = {"size": 16, "steps": 40, "batch_size": 8, "patience": None}
ENDLESS = {**QUICK, "steps": 1_000_000}


def ask(project, options=QUICK, key=None, **fields):
    return training.request_run(
        user=fields.pop("user", None),
        project=project,
        dataset_id=uuid4(),
        manifest_key=key or colour_manifest(project),
        options=options,
        **fields,
    )


class TestAsking:
    pytestmark = pytest.mark.django_db

    def test_a_run_waits_with_its_job_in_the_training_queue(self):
        project = colour_project()
        run = ask(project, seed=7, user=member(project, "qa_lead"))
        job = ProcrastinateJob.objects.get(args__run_id=str(run.pk))
        assert (run.state, run.seed) == (RunState.QUEUED, 7)
        assert (job.queue_name, job.lock, job.args) == ("training", "training", {"run_id": str(run.pk)})

    @pytest.mark.parametrize("role", ["annotator", "associate"])
    def test_only_leads_may_ask(self, role):
        project = colour_project()
        with pytest.raises(PermissionDenied, match="engineers or QA leads"):
            ask(project, user=member(project, role))
        assert not TrainingRun.objects.exists()

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"colour": "red"}, "no training option colour"),
            ({"steps": 0}, "steps must be .* at least 1"),
            ({"size": "big"}, "size must be a whole number"),
            ({"seed": 3}, "seed is not an option"),
        ],
    )
    def test_options_that_cannot_be_are_refused_by_name(self, options, reason):
        with pytest.raises(TrainingRefused, match=reason):
            ask(colour_project(), options)
        assert not TrainingRun.objects.exists()

    def test_a_base_without_weights_is_refused(self):
        project = colour_project()
        with pytest.raises(TrainingRefused, match="no weights to go on from"):
            ask(project, base=champion(project))

    def test_a_queued_run_that_is_cancelled_is_never_begun(self):
        project = colour_project()
        run = training.cancel(user=member(project, "engineer"), run=ask(project))
        assert run.state == RunState.CANCELLED
        assert training.run(run.pk).state == RunState.CANCELLED
        assert run.attempts == 0


@pytest.mark.django_db
def test_a_run_trains_registers_and_measures_the_candidate_and_the_champion():
    project = colour_project()
    heard, fractions = [], []

    def listen(run, **_):
        heard.append((run.state, run.model_id))

    model_trained.connect(listen)
    try:
        run = training.run(ask(project).pk, on_progress=fractions.append)
    finally:
        model_trained.disconnect(listen)
    assert (run.state, run.error, run.progress, run.eta_seconds) == (RunState.SUCCEEDED, "", 1, None)
    assert heard == [(RunState.SUCCEEDED, run.model_id)]
    assert fractions == sorted(fractions)
    assert set(run.curve[0]) == {"step", "epoch", "train_loss", "val_loss", "val_accuracy"}
    steps = [row["step"] for row in run.curve]
    assert steps == sorted(set(steps))
    assert steps[-1] == run.options["steps"]
    model = run.model
    assert (model.stage, model.labels, model.dataset_id) == (Stage.CANDIDATE, list(COLOURS), run.dataset_id)
    figures = {e.model_id: e for e in Evaluation.objects.all()}
    assert set(figures) == {model.pk, champion(project).pk}
    assert len({evaluation.test_hash for evaluation in figures.values()}) == 1
    assert figures[model.pk].metrics["accuracy"] > 0.9
    assert model.metrics["test"]["accuracy"] == pytest.approx(figures[model.pk].metrics["accuracy"])


@pytest.mark.django_db
def test_the_same_run_asked_for_twice_comes_to_one_model():
    project = colour_project()
    key = colour_manifest(project)
    first, second = (training.run(ask(project, key=key).pk) for _ in range(2))
    assert first.model == second.model
    assert training.run(first.pk).finished_at == first.finished_at


@pytest.mark.django_db
def test_a_run_goes_on_from_its_base():
    project = colour_project()
    key = colour_manifest(project)
    base = training.run(ask(project, key=key).pk).model
    run = training.run(ask(project, {"steps": 10, "batch_size": 8}, key=key, base=base).pk)
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert run.model.parent == base
    assert run.model.preprocessing == base.preprocessing


@pytest.mark.django_db
def test_a_dataset_that_cannot_be_trained_on_fails_the_run_with_the_reason():
    project = colour_project()
    run = training.run(ask(project, key=colour_manifest(project, train=0, val=0)).pk)
    assert run.state == RunState.FAILED
    assert "at least two labels" in run.error
    lost = training.run(ask(project, key="manifests/gone.ndjson").pk)
    assert lost.error == "The dataset's manifest is gone from the storage: manifests/gone.ndjson."
    assert ModelVersion.objects.filter(project=project).count() == 1


@pytest.mark.django_db
def test_a_run_that_is_interrupted_waits_again():
    project = colour_project()
    run = ask(project, ENDLESS)
    ended = training.run(run.pk, should_stop=lambda: True)
    assert (ended.state, ended.attempts) == (RunState.QUEUED, 1)


@pytest.mark.django_db
def test_a_silent_run_is_queued_again_and_given_up_after_three_attempts():
    project = colour_project()
    run = ask(project)
    long_ago = timezone.now() - timedelta(minutes=3)
    silent = {"state": RunState.RUNNING, "heartbeat_at": long_ago, "created_at": long_ago}
    TrainingRun.objects.filter(pk=run.pk).update(**silent, attempts=1)
    training.tend()
    run.refresh_from_db()
    assert run.state == RunState.QUEUED
    TrainingRun.objects.filter(pk=run.pk).update(**silent, attempts=3)
    training.tend()
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.error.startswith("Given up after 3 attempts")


@pytest.mark.django_db
def test_a_running_run_is_left_to_the_process_that_has_it():
    run = ask(colour_project())
    TrainingRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, heartbeat_at=timezone.now())
    assert training.run(run.pk).state == RunState.RUNNING
    training.tend()
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.RUNNING, 0)


def in_a_thread(work, *args):
    def run():
        try:
            work(*args)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def running(run):
    run.refresh_from_db()
    return run.state == RunState.RUNNING


@pytest.mark.django_db(transaction=True)
def test_a_running_run_that_is_cancelled_ends_soon_and_leaves_no_model():
    project = colour_project()
    run = ask(project, ENDLESS)
    thread = in_a_thread(training.run, run.pk)
    until(lambda: TrainingRun.objects.get(pk=run.pk).state == RunState.RUNNING)
    training.cancel(user=None, run=run)
    thread.join(timeout=120)
    assert not thread.is_alive()
    run.refresh_from_db()
    assert (run.state, run.model) == (RunState.CANCELLED, None)
    assert ModelVersion.objects.filter(project=project).count() == 1


@pytest.fixture
def as_a_worker(monkeypatch):
    for name, value in environment().items():
        monkeypatch.setenv(name, value)


@pytest.mark.django_db(transaction=True)
def test_a_child_process_carries_a_run_out(as_a_worker):
    project = colour_project()
    run = ask(project)
    children.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert run.model.evaluations.get().metrics["accuracy"] > 0.9


def pid_of(run):
    """The process whose command line names the run."""
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(run.pk).encode() in line.read_bytes():
                return int(line.parent.name)
    raise AssertionError("no process carries the run out")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("number", "state"), [(signal.SIGKILL, RunState.FAILED), (signal.SIGTERM, RunState.QUEUED)]
)
def test_a_child_that_is_ended_leaves_a_run_that_says_so(as_a_worker, number, state):
    run = ask(colour_project(), ENDLESS)
    worker = in_a_thread(children.carry_out, run.pk)
    until(lambda: running(run))
    os.kill(pid_of(run), number)
    worker.join(timeout=120)
    assert not worker.is_alive()
    run.refresh_from_db()
    assert run.state == state
    assert ("killed" in run.error) == (number == signal.SIGKILL)


@pytest.mark.django_db
def test_set_champion_serves_the_trained_model():
    project = colour_project()
    model = training.run(ask(project).pk).model
    set_champion(project=project, model=model)
    assert champion(project) == model
