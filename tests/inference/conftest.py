"""Processes and threads that serve, on the tests' own database."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, connections

from inference.services.serving import Server

ROOT = Path(settings.ROOT)
LONG_SECONDS = 60


def until(condition, seconds=LONG_SECONDS):
    """Wait until the condition holds and return what it gave; fail the test after so many seconds."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        pause.wait(0.02)
    return value


def environment():
    """What makes another process use this test's database and storage."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@{quote(database['HOST'], safe='')}/{database['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
        "VOUCH_VAR": str(settings.VAR),
        "VOUCH_LOG_LEVEL": "INFO",
    }


@pytest.fixture
def start():
    """`start("hang", …)` starts tests/inference/serving_process.py; what still runs at the end is killed."""
    started = []

    def serving(*arguments):
        script = ROOT / "tests" / "inference" / "serving_process.py"
        process = subprocess.Popen(
            [sys.executable, str(script), *arguments],
            cwd=ROOT,
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield serving
    for process in started:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def serving(**options):
    """A Server at work in a thread of this process."""
    server = Server(**{"threads": 1, **options})

    def run():
        try:
            server.run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
