"""`manage.py demo_camera`: sends photographs of the synthetic shop over the API, as a real camera would."""

import hashlib
import json
import os
import signal
import threading
import time
import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.utils import timezone

from config import address
from demo import shop, truth
from demo.photographs import Photograph, stream

NORMAL, SHIFTED = "morning", "afternoon_glare"
LONGEST_RETRY_SECONDS = 10


class Command(BaseCommand):
    help = "Send synthetic photographs to the running installation until it is stopped. Part of `manage.py demo`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=3, metavar="SECONDS")
        parser.add_argument("--shift-after", type=float, default=240, metavar="SECONDS")
        parser.add_argument("--captures", type=int, default=None, metavar="N")

    def handle(
        self, *args: Any, every: float, shift_after: float, captures: int | None, **options: Any
    ) -> None:
        token = os.environ.get("VOUCH_CAMERA_TOKEN")
        if not token:
            raise CommandError("VOUCH_CAMERA_TOKEN is not set: this command is started by `manage.py demo`.")
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        progress = Progress(settings.VAR / "demo_camera.json")
        condition = SHIFTED if progress.seconds >= shift_after else NORMAL
        photographs = stream(seed=progress.sent, condition=condition)
        base = f"{address.link(settings.HOST, settings.PORT)}/api/v1/"
        headers = {"Authorization": f"Token {token}"}
        with httpx.Client(base_url=base, headers=headers, timeout=30) as client:
            while not stopping.is_set():
                begun = time.monotonic()
                if captures is not None and progress.sent >= captures:
                    stopping.wait()
                    break
                if condition == NORMAL and progress.seconds >= shift_after:
                    condition = SHIFTED
                    photographs = stream(seed=progress.sent, condition=condition)
                    self.stdout.write(
                        "the afternoon sun shines into the cameras: the model has not seen such light yet"
                    )
                photograph = next(photographs)
                sha256 = hashlib.sha256(photograph.jpeg).hexdigest()
                truth.note(settings.VAR, sha256=sha256, label=photograph.label)
                if send(client, photograph, stopping):
                    progress.add(every)
                stopping.wait(max(0, every - (time.monotonic() - begun)))


def send(client: httpx.Client, photograph: Photograph, stopping: threading.Event) -> bool:
    """Send one capture, again and again under the same key until it is acknowledged; False when told to stop."""
    key, taken_at, delay = str(uuid.uuid4()), timezone.now().isoformat(), 0.5
    while not stopping.is_set():
        try:
            answer = client.post(
                "captures/",
                data={
                    "project": shop.SLUG,
                    "source": photograph.camera,
                    "captured_at": taken_at,
                    "context": json.dumps(photograph.context),
                },
                files={"image": ("shelf.jpg", photograph.jpeg, "image/jpeg")},
                headers={"Idempotency-Key": key},
            )
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code < 400:
            return True
        if answer is not None and answer.status_code < 500 and answer.status_code != 429:
            raise CommandError(f"the capture was refused: {answer.text}")
        stopping.wait(delay)
        delay = min(delay * 2, LONGEST_RETRY_SECONDS)
    return False


class Progress:
    """How much the camera has sent, kept between runs, so that the shop's story carries on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        known = json.loads(path.read_text()) if path.exists() else {}
        self.sent: int = known.get("sent", 0)
        self.seconds: float = known.get("seconds", 0.0)

    def add(self, seconds: float) -> None:
        self.sent += 1
        self.seconds += seconds
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps({"sent": self.sent, "seconds": self.seconds}))
        draft.replace(self.path)
