"""`manage.py up`: everything one machine needs to run Vouch, until Ctrl-C."""

import os
import shlex
import sys
import threading
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connections

from config import address, postgres, schema
from config.supervisor import Program, Supervisor

READY_SECONDS = 120
MENDING_SECONDS = 1


class Command(BaseCommand):
    help = (
        "Start the web, inference and worker processes of the Procfile on this machine, and keep them "
        "running: one that ends is started again. HOST and PORT say where, WEB_CONCURRENCY how many web "
        "processes (2). Ctrl-C stops everything."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--also",
            action="append",
            default=[],
            metavar="NAME=COMMAND",
            help="run this beside them, in the project's folder; may be given several times",
        )
        parser.add_argument("--greeting", default="", help="lines to print once the pages answer")

    def handle(self, *args: Any, also: list[str], greeting: str, **options: Any) -> None:
        try:
            listening = address.reserve(settings.HOST, settings.PORT)
        except address.AddressError as error:
            raise CommandError(str(error), returncode=2) from None
        schema.bring_up_to_date()
        call_command("fetch_assets", stdout=self.stdout)
        call_command("collectstatic", interactive=False, verbosity=0)
        connections.close_all()
        supervisor = Supervisor(
            [*_programs(), *map(_program, also)],
            folder=settings.ROOT,
            environment=_environment(listening.fileno()),
            inherit=[listening.fileno()],
            write=self._write,
        )
        threading.Thread(target=self._greet, args=(greeting,), daemon=True).start()
        ended = threading.Event()
        mending = threading.Thread(target=self._mend_database, args=(ended,))
        mending.start()
        try:
            supervisor.run()
        finally:
            ended.set()
            mending.join()

    def _write(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _mend_database(self, ended: threading.Event) -> None:
        """The embedded server's keeper starts it again after a crash; should the keeper be killed, this does."""
        while not ended.wait(MENDING_SECONDS):
            try:
                if postgres.mend():
                    self._write("up: the database had ended; it runs again")
            except postgres.PostgresError as error:
                self._write(f"up: the database has ended, and does not start again: {error}")

    def _greet(self, greeting: str) -> None:
        link = address.link(settings.HOST, settings.PORT)
        if _answers(f"{link}/healthz"):
            self._write(f"\nVouch is at {link}  (Ctrl-C stops it)\n{greeting}")


def _programs() -> list[Program]:
    """The Procfile's, with as many web processes as WEB_CONCURRENCY says."""
    lines = (settings.ROOT / "Procfile").read_text().splitlines()
    programs = []
    for name, _, command in (line.partition(": ") for line in lines):
        if name == "web":
            count = int(os.environ.get("WEB_CONCURRENCY", 2))
            programs += [Program(f"web.{number}", shlex.split(command)) for number in range(1, count + 1)]
        else:
            programs.append(Program(name, shlex.split(command)))
    return programs


def _program(also: str) -> Program:
    name, _, command = also.partition("=")
    return Program(name, shlex.split(command))


def _environment(listening: int) -> dict[str, str]:
    """Ours, with this environment's programs first; uvicorn takes the listening socket from UVICORN_FD."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    # A terminal is read by people, through a pipe though it is that the programs write to it.
    form = {"VOUCH_LOG_FORMAT": "plain"} if sys.stdout.isatty() else {}
    ours = {"PATH": path, "PYTHONUNBUFFERED": "1", "UVICORN_FD": str(listening)}
    given = {name: value for name, value in os.environ.items() if name != "WEB_CONCURRENCY"}
    return form | given | ours


def _answers(url: str) -> bool:
    """Wait until the pages answer."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return response.status == 200
        except OSError:
            time.sleep(0.2)
    return False
