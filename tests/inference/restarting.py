"""A database that crashes in mid-batch; run by test_serving in a session of its own."""

import contextlib
import os
import signal

import pytest
from django.db import connection

from inference.enums import CaptureState
from inference.models import Capture, Prediction
from inference.services.trying import CONNECTION_ERRORS
from people.services.listening import renew_pool
from tests.factories.inference import capture_of, colour_project, coloured
from tests.inference.conftest import until

CAPTURES = 400


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


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_and_nothing_repeated(start):
    """A backend killed by force takes the whole server down, which then repairs its data and starts again."""
    project = colour_project()
    for seed in range(CAPTURES):
        capture_of(project, coloured("red", seed))
    for _ in range(2):
        start()
    until(lambda: pending() < CAPTURES)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    os.kill(backend, signal.SIGKILL)
    until(lambda: not is_up())
    until(all_predicted)
    states = Capture.objects.values_list("state", flat=True)
    assert list(states) == [CaptureState.PREDICTED] * CAPTURES
    assert Prediction.objects.count() == CAPTURES
