"""The inference process: woken, shared with others, killed, cut off, and stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from feedback.models import RoutingDecision
from inference.enums import CaptureState, Stage
from inference.models import Capture, Prediction
from inference.queries.models import champion
from inference.services import serving as serving_module
from inference.services import site_trials
from inference.services.captures import receive
from inference.services.loaded import LoadedModels
from inference.services.models import set_champion
from inference.services.predicting import predict
from inference.services.trying import MOST_ATTEMPTS
from inference.signals import captures_predicted
from people.services.announcements import WORK_CHANNEL
from tests.factories.inference import (
    COLOURS,
    ModelVersionFactory,
    capture_of,
    colour_model,
    colour_project,
    coloured,
)
from tests.inference.conftest import LONG_SECONDS, serving, until

pytestmark = pytest.mark.django_db(transaction=True)


@contextlib.contextmanager
def receiving(receiver):
    captures_predicted.connect(receiver)
    try:
        yield
    finally:
        captures_predicted.disconnect(receiver)


def pending(project):
    return Capture.objects.filter(project=project, state=CaptureState.PENDING).count()


def send(project, count, first=0):
    return [capture_of(project, coloured("red", first + seed)) for seed in range(count)]


def batch(project, **options):
    with ThreadPoolExecutor(1) as decoders:
        served = LoadedModels(threads=1).get(champion(project.pk))
        return predict(project_id=project.pk, served=served, workers=decoders, **options)


def announce_like(capture):
    """The same image as a new capture, through the service that announces it."""
    return receive(
        project=capture.project,
        source=capture.source,
        image=capture.image,
        captured_at=capture.captured_at,
    )


def assert_each_predicted_once(project, count):
    assert pending(project) == 0
    assert Prediction.objects.filter(project=project).count() == count
    assert RoutingDecision.objects.filter(project_id=project.pk).count() == count
    states = Capture.objects.filter(project=project).values_list("state", flat=True)
    assert list(states) == [CaptureState.PREDICTED] * count


def test_a_capture_that_comes_is_predicted_without_waiting_for_the_poll(monkeypatch):
    monkeypatch.setattr(serving_module, "POLL_SECONDS", 600)
    project = colour_project()
    (first,) = send(project, 1)
    with serving():
        until(lambda: pending(project) == 0)
        for _ in range(3):
            announce_like(first)
            until(lambda: pending(project) == 0, seconds=10)
    assert_each_predicted_once(project, 4)


def test_a_backlog_is_worked_off_in_batches():
    project = colour_project()
    send(project, 100)
    sizes = []
    with receiving(lambda predictions, **_: sizes.append(len(predictions))) as _, serving():
        until(lambda: pending(project) == 0)
    assert sorted(sizes) == [4, 96]


def test_several_projects_are_served_in_turn_each_by_its_own_model():
    projects = [colour_project() for _ in range(6)]
    other = projects[0]
    set_champion(
        project=other,
        model=ModelVersionFactory(
            project=other, labels=["blue", "green", "red"], content=colour_model(("blue", "green", "red"))
        ),
    )
    for project in projects:
        send(project, 3)
    with serving() as server:
        until(lambda: all(pending(project) == 0 for project in projects))
        assert server.models.bytes <= settings.MOST_MODEL_BYTES
    for project in projects:
        said = set(Prediction.objects.filter(project=project).values_list("value__label", flat=True))
        assert said == ({"blue"} if project == other else {"red"})


def test_a_new_champion_takes_over_within_two_seconds_and_no_capture_is_dropped():
    project = colour_project()
    (first,) = send(project, 1)
    count = 1

    def served_by(model):
        nonlocal count
        announce_like(first)
        count += 1
        return Prediction.objects.filter(project=project, model=model).exists()

    with serving():
        # A busy machine may hold up one change of champions, and not five.
        for attempt in range(5):
            until(lambda: pending(project) == 0)
            new = ModelVersionFactory(project=project, content=colour_model(sharpness=3.0 + attempt))
            set_champion(project=project, model=new)
            changed_at = time.monotonic()
            until(lambda new=new: served_by(new))
            if (took := time.monotonic() - changed_at) < 2:
                break
        until(lambda: pending(project) == 0)
    assert took < 2
    assert_each_predicted_once(project, count)


def test_a_trial_at_a_site_begins_and_ends_within_two_seconds_and_no_capture_is_dropped():
    project = colour_project()
    (first,) = send(project, 1)
    serves, count = champion(project), 1

    def served_by(model):
        nonlocal count
        announce_like(first)
        count += 1
        newest = Prediction.objects.filter(project=project).order_by("pk").last()
        return newest is not None and newest.model_id == model.pk

    def seconds_until_served_by(model):
        asked_at = time.monotonic()
        until(lambda: served_by(model))
        return time.monotonic() - asked_at

    with serving():
        until(lambda: pending(project) == 0)
        model = ModelVersionFactory(project=project, content=colour_model(sharpness=3.0))
        # A busy machine may hold up one trial, and not five.
        for _ in range(5):
            trial = site_trials.start(user=None, model=model, site=first.source.site, tried=[])
            began = seconds_until_served_by(model)
            site_trials.end(user=None, trial=trial)
            if (took := max(began, seconds_until_served_by(serves))) < 2:
                break
        until(lambda: pending(project) == 0)
    assert took < 2
    assert_each_predicted_once(project, count)


def test_captures_that_waited_for_a_champion_are_predicted_when_there_is_one(monkeypatch):
    monkeypatch.setattr(serving_module, "POLL_SECONDS", 600)
    project = colour_project(champion=False)
    send(project, 3)
    model = ModelVersionFactory(project=project)
    other = colour_project()
    with serving():
        announce_like(send(other, 1)[0])
        until(lambda: pending(other) == 0)
        assert pending(project) == 3
        set_champion(project=project, model=model)
        until(lambda: pending(project) == 0)
    assert_each_predicted_once(project, 3)


def test_two_processes_never_predict_one_capture_twice(start):
    project = colour_project()
    first, second = start(), start()
    until(lambda: listening() == 2)
    captures = send(project, 300)
    announce_like(captures[0])
    until(lambda: pending(project) == 0)
    assert_each_predicted_once(project, 301)
    for process in (first, second):
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=LONG_SECONDS)
        assert process.returncode == 0
        assert "predicted" in said


def listening():
    """How many inference processes listen for captures."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = %s",
            [f"LISTEN {WORK_CHANNEL}"],
        )
        return cursor.fetchone()[0]


def test_a_batch_at_work_leaves_what_was_tried_before_to_be_taken():
    """Else the attempt of whoever takes it is counted and never made: innocent captures were given up."""
    project = colour_project()
    tried = capture_of(project, coloured("red"), attempts=1)
    capture_of(project, coloured("red", 1))
    at_work, go_on = threading.Event(), threading.Event()

    def hold(**_):
        at_work.set()
        assert go_on.wait(LONG_SECONDS)

    def predict_all():
        try:
            return batch(project)
        finally:
            connections.close_all()

    with receiving(hold), ThreadPoolExecutor(1) as other:
        first = other.submit(predict_all)
        assert at_work.wait(LONG_SECONDS)
        captures_predicted.disconnect(hold)
        assert batch(project, ids=[tried.pk]).predicted == 1
        go_on.set()
        assert first.result().tried == (tried.pk,)
    assert_each_predicted_once(project, 2)


def test_a_process_killed_in_mid_batch_loses_nothing_and_repeats_nothing(start, tmp_path):
    project = colour_project()
    send(project, 20)
    marker = tmp_path / "in-mid-batch"
    hanging = start("hang", str(marker))
    until(marker.exists)
    assert pending(project) == 20
    hanging.kill()
    hanging.wait()
    with serving():
        until(lambda: pending(project) == 0)
    assert_each_predicted_once(project, 20)


def test_a_capture_held_by_a_hanging_process_does_not_hold_up_the_others(start, tmp_path):
    project = colour_project()
    send(project, 5)
    marker = tmp_path / "in-mid-batch"
    start("hang", str(marker))
    until(marker.exists)
    send(project, 5, first=5)
    with serving():
        until(lambda: pending(project) == 5)


def test_a_capture_that_kills_the_process_is_given_up_and_the_others_are_predicted(start):
    project = colour_project()
    captures = send(project, 9)
    deadly = captures[4]
    deaths = 0
    while deaths < 10 and pending(project):
        process = start("die-of", str(deadly.pk))
        until(lambda process=process: process.poll() is not None or pending(project) == 0)
        if process.poll() == -signal.SIGKILL:
            deaths += 1
    deadly.refresh_from_db()
    assert deadly.state == CaptureState.FAILED
    assert deadly.failure.startswith(f"Given up after {MOST_ATTEMPTS} attempts")
    assert deaths == MOST_ATTEMPTS
    assert Prediction.objects.filter(project=project).count() == 8


def test_a_capture_that_fails_its_batch_is_found_and_the_others_are_predicted():
    project = colour_project()
    captures = send(project, 11)
    poisoned = captures[6].pk

    def choke(predictions, **_):
        if poisoned in {prediction.capture_id for prediction in predictions}:
            raise RuntimeError("cannot swallow this one")

    with receiving(choke), serving():
        until(lambda: pending(project) == 0)
    capture = Capture.objects.get(pk=poisoned)
    assert capture.state == CaptureState.FAILED
    assert capture.failure == "Predicting it failed: RuntimeError: cannot swallow this one"
    assert Prediction.objects.filter(project=project).count() == 10


def test_a_capture_that_fails_alone_is_tried_three_times():
    project = colour_project()
    (capture,) = send(project, 1)
    tries = []

    def choke(predictions, **_):
        tries.append(len(predictions))
        raise RuntimeError("cannot swallow this one")

    with receiving(choke), serving():
        until(lambda: pending(project) == 0)
    capture.refresh_from_db()
    assert capture.state == CaptureState.FAILED
    assert tries == [1] * MOST_ATTEMPTS


def test_when_nothing_works_nothing_is_given_up_at_once_and_other_projects_go_on():
    ill, well = colour_project(), colour_project()
    captures = send(ill, 8)
    fails = True

    def choke(predictions, **_):
        if fails and predictions[0].project_id == ill.pk:
            raise RuntimeError("routing is ill")

    with receiving(choke), serving():
        until(lambda: Capture.objects.filter(project=ill, attempts__gt=0).count() == 8)
        announce_like(send(well, 1)[0])
        until(lambda: pending(well) == 0)
        assert pending(ill) == 8
        fails = False
        until(lambda: pending(ill) == 0)
    assert_each_predicted_once(ill, len(captures))


def test_a_model_whose_file_is_gone_keeps_captures_waiting_and_stops_nobody_else():
    ill, well = colour_project(), colour_project()
    broken = champion(ill)
    broken.key = "models/gone.onnx"
    broken.save()
    send(ill, 3)
    send(well, 3)
    with serving():
        until(lambda: pending(well) == 0)
    assert pending(ill) == 3


def test_terminated_connections_heal_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(serving_module, "POLL_SECONDS", 600)
    project = colour_project()
    (first,) = send(project, 1)
    with serving():
        until(lambda: pending(project) == 0)
        for round_number in range(3):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            announce_like(first)
            until(lambda: pending(project) == 0)
            assert Prediction.objects.filter(project=project).count() == 2 + round_number
    # What a lane had no use for since is dead, and would meet a later test.
    connection.close()
    connection.close_pool()
    assert_each_predicted_once(project, 4)


def test_a_database_that_crashes_and_restarts_loses_nothing_and_repeats_nothing():
    """In a session of its own, whose server may go down without taking other tests with it."""
    script = Path(__file__).with_name("restarting.py")
    environment = {name: value for name, value in os.environ.items() if name != "VOUCH_TESTS_VAR"}
    # The tests' own server acknowledges what it has not written yet, for speed: a real one does not.
    environment["PGOPTIONS"] = "-c synchronous_commit=on"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(script)],
        cwd=settings.ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_cleanly(start, number):
    project = colour_project()
    send(project, 1)
    process = start()
    until(lambda: pending(project) == 0)
    process.send_signal(number)
    assert process.wait(timeout=LONG_SECONDS) == 0


def test_each_colour_is_recognised_by_the_running_process(start):
    project = colour_project()
    sent = {capture_of(project, coloured(colour)).pk: colour for colour in COLOURS}
    start()
    until(lambda: pending(project) == 0)
    assert dict(Prediction.objects.values_list("capture_id", "value__label")) == sent


def test_only_one_champion_serves():
    project = colour_project()
    model = ModelVersionFactory(project=project)
    before = champion(project)
    assert set_champion(project=project, model=model) == before
    before.refresh_from_db()
    assert (before.stage, model.stage) == (Stage.RETIRED, Stage.CHAMPION)
    assert set_champion(project=project, model=model) is None
