"""`manage.py inference`: predicts pending captures until it is told to stop."""

import gc
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand

from inference.services.predicting import LARGEST_BATCH
from inference.services.serving import Server

SWITCH_SECONDS = 0.0005
"""A thread that decodes asks for the interpreter between two short steps: by Python's own 5 ms it would mostly wait."""


class Command(BaseCommand):
    help = (
        "Predict the captures that come, with each project's champion, until SIGTERM or Ctrl-C: the batch at "
        "hand is finished first. Start as many as you like, on as many machines: they share the work."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--threads", type=_positive, help="threads that decode, and that run the model (all processors)"
        )
        parser.add_argument(
            "--batch",
            type=_positive,
            default=LARGEST_BATCH,
            help=f"captures at a time, at most ({LARGEST_BATCH})",
        )

    def handle(self, *args: Any, threads: int | None, batch: int, **options: Any) -> None:
        server = Server(threads=threads, limit=batch)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        sys.setswitchinterval(SWITCH_SECONDS)
        # What is loaded stays: it need not be walked over and over for garbage.
        gc.collect()
        gc.freeze()
        server.run()


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)
