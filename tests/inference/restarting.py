"""A database that crashes in mid-batch, and under uploads; run by test_serving in a session of its own."""

import contextlib
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from inference.enums import CaptureState
from inference.models import Capture, Prediction
from inference.services.trying import CONNECTION_ERRORS
from people.services.listening import renew_pool
from tests.factories.inference import capture_of, colour_project, coloured
from tests.factories.people import client_of, member
from tests.inference.conftest import until

CAPTURES = 400
CAMERAS, UPLOADS = 4, 20


def pending():
    return Capture.objects.filter(state=CaptureState.PENDING).count()


def is_up():
    """Whether the connection of before is."""
    with contextlib.suppress(*CONNECTION_ERRORS), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return True
    return False


def all_predicted():
    """Whether they are, by a database that is there: it may go down a moment after it was asked, too."""
    try:
        return pending() == 0
    except CONNECTION_ERRORS:
        connection.close()
        with contextlib.suppress(*CONNECTION_ERRORS):
            renew_pool()
        return False


def crash():
    """Kill this connection's backend by force: the server goes down with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    os.kill(backend, signal.SIGKILL)
    until(lambda: not is_up())


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_and_nothing_repeated(start):
    """A backend killed by force takes the whole server down, which then repairs its data and starts again."""
    project = colour_project()
    for seed in range(CAPTURES):
        capture_of(project, coloured("red", seed))
    for _ in range(2):
        start()
    until(lambda: pending() < CAPTURES)
    crash()
    until(all_predicted)
    states = Capture.objects.values_list("state", flat=True)
    assert list(states) == [CaptureState.PREDICTED] * CAPTURES
    assert Prediction.objects.count() == CAPTURES


@pytest.mark.django_db(transaction=True)
def test_each_upload_is_kept_once_however_often_it_was_sent():
    """Cameras send what was not acknowledged again, with the same key: it may have been kept all the same."""
    project = colour_project(champion=False)
    source = project.sources.get().key
    clients = [client_of(member(project, "engineer"), project) for _ in range(CAMERAS)]
    half, refused = threading.Event(), []

    def sent(client, number):
        image = SimpleUploadedFile("a.jpg", coloured("red", number))
        fields = {"project": project.slug, "source": source, "image": image}
        headers = {"Idempotency-Key": f"frame-{number}"}
        answer = client.post("/api/v1/captures/", fields, format="multipart", headers=headers)
        if answer.status_code == 202:
            return answer.json()["id"]
        refused.append(answer.status_code)
        connection.close()
        return None

    def camera(at):
        kept = []
        for number in range(at * UPLOADS, (at + 1) * UPLOADS):
            kept.append(until(lambda number=number: sent(clients[at], number)))
            if len(kept) == UPLOADS // 2:
                half.set()
        connection.close()
        return kept

    with ThreadPoolExecutor(CAMERAS) as cameras:
        running = [cameras.submit(camera, at) for at in range(CAMERAS)]
        half.wait()
        crash()
        acknowledged = [identity for camera_of in running for identity in camera_of.result()]
    until(lambda: not connection.close() and is_up())
    assert refused
    assert set(refused) == {503}
    assert sorted(acknowledged) == sorted(map(str, Capture.objects.values_list("pk", flat=True)))
    assert len(set(acknowledged)) == CAMERAS * UPLOADS
