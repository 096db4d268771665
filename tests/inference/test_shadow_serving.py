"""Inference processes with a shadow: it follows, it holds nobody up, and whatever ends it ends it alone."""

import signal
import threading
import time

import pytest
from django.db import connections

from inference.enums import CaptureState
from inference.models import Capture, Prediction, Shadow, ShadowPrediction
from inference.services import serving as serving_module
from inference.services import shadowing, shadows
from inference.services.captures import receive
from tests.factories.inference import capture_of, colour_project, coloured
from tests.factories.shadows import candidate, in_shadow
from tests.inference.conftest import LONG_SECONDS, serving, until

pytestmark = pytest.mark.django_db(transaction=True)


def send(project, count, first=0):
    return [capture_of(project, coloured("red", first + seed)) for seed in range(count)]


def again(capture):
    """The same image as a new capture, announced."""
    return receive(
        project=capture.project, source=capture.source, image=capture.image, captured_at=capture.captured_at
    )


def pending(project):
    return Capture.objects.filter(project=project, state=CaptureState.PENDING).count()


def looked_at(project):
    return ShadowPrediction.objects.filter(shadow__project=project).count()


def test_it_begins_and_ends_within_two_seconds_and_no_capture_is_dropped():
    project = colour_project()
    (first,) = send(project, 1)
    model = candidate(project)

    def looks_at_another(shadow):
        again(first)
        # What waits for the champion would have the shadow stand back.
        until(lambda: pending(project) == 0)
        return shadow.predictions.exists()

    with serving() as server:
        # It has looked whether there is a shadow, and found none.
        until(lambda: project.pk in server.shadower._known)
        # A busy machine may hold up one beginning, and not five.
        for _ in range(5):
            begun = time.monotonic()
            shadow = shadows.start(user=None, model=model)
            until(lambda shadow=shadow: looks_at_another(shadow))
            took = time.monotonic() - begun
            shadows.stop(user=None, model=model)
            if took < 2:
                break
        held = shadow.predictions.count()
        again(first)
        until(lambda: pending(project) == 0)
    assert took < 2
    assert shadow.predictions.count() == held
    shadow.refresh_from_db()
    assert shadow.seen == held
    sent = Capture.objects.filter(project=project).count()
    assert Prediction.objects.filter(project=project).count() == sent


def test_it_comes_after_the_champions_prediction_and_holds_up_no_capture(monkeypatch):
    """In the middle of a capture of the shadow's, others are predicted and answered; its own was before."""
    monkeypatch.setattr(serving_module, "POLL_SECONDS", 600)
    project = colour_project()
    in_shadow(project)
    whole, at_work, go_on, standing = shadowing.score, threading.Event(), threading.Event(), []

    def hang(runtime, captures):
        # What another connection sees, the committed.
        standing.extend(
            Prediction.objects.filter(capture__in=captures).values_list("capture__state", flat=True)
        )
        at_work.set()
        assert go_on.wait(LONG_SECONDS)
        return whole(runtime, captures)

    monkeypatch.setattr(shadowing, "score", hang)
    (first,) = send(project, 1)
    with serving():
        assert at_work.wait(LONG_SECONDS)
        assert standing == [CaptureState.PREDICTED]
        for _ in range(5):
            again(first)
            until(lambda: pending(project) == 0)
        assert looked_at(project) == 0
        go_on.set()
        until(lambda: looked_at(project) == 6)


def test_a_shadow_that_raises_hurts_no_capture(monkeypatch):
    project = colour_project()
    shadow = in_shadow(project)

    def ill(runtime, captures):
        raise RuntimeError("the graph is ill")

    monkeypatch.setattr(shadowing, "score", ill)
    (first,) = send(project, 1)
    with serving():
        for _ in range(4):
            again(first)
            until(lambda: pending(project) == 0)
    shadow.refresh_from_db()
    assert shadow.failure == "RuntimeError: the graph is ill"
    assert (shadow.seen, shadow.failed + shadow.skipped) == (0, 5)
    assert Prediction.objects.filter(project=project).count() == 5
    assert not Capture.objects.filter(project=project, attempts__gt=1).exists()


def test_what_still_waits_for_it_when_the_process_ends_is_counted_as_skipped(monkeypatch):
    project = colour_project()
    shadow = in_shadow(project)
    whole, at_work, ends = shadowing.score, threading.Event(), threading.Event()
    end = shadowing.Shadower.end

    def hang(runtime, captures):
        at_work.set()
        assert ends.wait(LONG_SECONDS)
        return whole(runtime, captures)

    def told_to_end(shadower):
        shadower._ending = True
        ends.set()
        end(shadower)

    monkeypatch.setattr(shadowing, "score", hang)
    monkeypatch.setattr(shadowing.Shadower, "end", told_to_end)
    (first,) = send(project, 1)
    with serving() as server:
        assert at_work.wait(LONG_SECONDS)
        again(first)
        until(lambda: pending(project) == 0)
        until(lambda: server.shadower.waits)
    shadow.refresh_from_db()
    assert (shadow.seen, shadow.skipped) == (1, 1)


def test_a_process_killed_while_the_shadow_is_at_work_repeats_nothing_and_loses_no_capture(start, tmp_path):
    project = colour_project()
    send(project, 3)
    shadow = in_shadow(project)
    marker = tmp_path / "in-the-shadow"
    process = start("hang-in-shadow", str(marker))
    until(marker.exists)
    assert pending(project) == 0
    process.send_signal(signal.SIGKILL)
    process.wait()
    shadow.refresh_from_db()
    assert (shadow.seen, shadow.crashes) == (0, 1)
    predicted = list(Capture.objects.filter(project=project).values_list("pk", flat=True))
    with serving() as server:
        for _ in range(2):
            server.shadower.offer(project.pk, predicted)
        until(lambda: looked_at(project) == 3)
    shadow.refresh_from_db()
    assert (shadow.seen, shadow.crashes) == (3, 0)
    assert Prediction.objects.filter(project=project).count() == 3


def test_two_processes_that_look_at_one_capture_keep_it_once():
    project = colour_project()
    shadow = in_shadow(project)
    send(project, 4)
    with serving():
        until(lambda: pending(project) == 0)
    Shadow.objects.filter(pk=shadow.pk).update(seen=0, agreed=0, skipped=0)
    ShadowPrediction.objects.all().delete()
    ids = list(Capture.objects.filter(project=project).values_list("pk", flat=True))
    shadowers = [shadowing.Shadower() for _ in range(3)]
    for shadower in shadowers:
        shadower._proven.add(shadow.pk)

    def look(shadower):
        try:
            shadower.offer(project.pk, ids)
            shadower.work_off()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=look, args=[shadower]) for shadower in shadowers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shadow.refresh_from_db()
    assert (shadow.seen, shadow.agreed, looked_at(project)) == (4, 4, 4)
