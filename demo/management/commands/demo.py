"""`manage.py demo`: a synthetic shop, its first model, every process and a camera, until Ctrl-C."""

import os
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from tqdm import tqdm

from config import schema
from demo import logins, shop
from demo.photographs import LABELS
from feedback.services import promotion
from inference.queries.models import champion
from people.enums import Role, Scope
from people.models import Project, User
from people.services.tokens import create_token

SHIFT_AFTER_SECONDS = 240
CAPTURE_EVERY_SECONDS = 3
FIRST_STEPS = 400
FIRST_SERVES = "The demo begins with whatever its first model can do."


class Command(BaseCommand):
    help = (
        "Build the demo's synthetic shop and train its first model if that was not done before, then run every "
        "process and a camera that sends captures. After a while the sun shines in. Ctrl-C stops it all; "
        "run again, it carries on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--shift-after",
            type=float,
            default=SHIFT_AFTER_SECONDS,
            metavar="SECONDS",
            help="of sending, after which the sun shines in (%(default)s)",
        )
        parser.add_argument(
            "--every",
            type=float,
            default=CAPTURE_EVERY_SECONDS,
            metavar="SECONDS",
            help="between two captures (%(default)s)",
        )
        parser.add_argument(
            "--captures", type=int, default=None, metavar="N", help="to send, and then no more (no end)"
        )
        parser.add_argument(
            "--photographs",
            type=int,
            default=shop.PHOTOGRAPHS_A_LABEL,
            metavar="N",
            help="of each label for the first model (%(default)s)",
        )

    def handle(
        self,
        *args: Any,
        shift_after: float,
        every: float,
        captures: int | None,
        photographs: int,
        **options: Any,
    ) -> None:
        schema.bring_up_to_date()
        if not shop.exists():
            self.stdout.write("Building the synthetic shop: people, stores, cameras, a guideline …")
            shop.build(var=settings.VAR)
        project = Project.objects.get(slug=shop.SLUG)
        if champion(project) is None:
            self._first_model(project, photographs)
        camera = [
            "python",
            "manage.py",
            "demo_camera",
            "--every",
            str(every),
            "--shift-after",
            str(shift_after),
        ]
        if captures is not None:
            camera += ["--captures", str(captures)]
        os.environ["VOUCH_CAMERA_TOKEN"] = self._camera_token(project)
        call_command("up", also=[f"camera={shlex.join(camera)}"], greeting=self._greeting())

    def _first_model(self, project: Project, photographs: int) -> None:
        total = photographs * len(LABELS)
        for _ in tqdm(shop.add_photographs(project, photographs), desc="Drawing photographs", total=total):
            pass
        # In a process of its own: what trains must not stay in the memory of what then runs for days.
        train = [
            sys.executable,
            str(settings.ROOT / "manage.py"),
            "train",
            project.slug,
            "--option",
            f"steps={FIRST_STEPS}",
        ]
        if subprocess.run(train).returncode:
            raise CommandError(
                "The first model could not be trained (see above); run the demo again to retry."
            )
        promotion.promote(
            user=User.objects.get(username="engineer"),
            model=project.models.latest("number"),
            override_reason=FIRST_SERVES,
        )

    def _camera_token(self, project: Project) -> str:
        user, _ = User.objects.get_or_create(
            username="demo-camera",
            defaults={"is_machine": True, "first_name": "Synthetic", "last_name": "camera"},
        )
        user.tokens.all().delete()
        _, secret = create_token(
            user=user, role=Role.ENGINEER, project=project, slug=project.slug, scopes=[Scope.INGEST]
        )
        return secret

    def _greeting(self) -> str:
        known = logins.passwords(settings.VAR)
        rows = [
            f"  {person.username:<16} {known[person.username]:<28} {person.does}" for person in logins.PEOPLE
        ]
        return "\n".join(
            [
                "Sign in as one of these (the pictures are synthetic, drawn by the demo):",
                f"  {'user':<16} {'password':<28} who",
                *rows,
                "Let the demo answer what waits, as people would: .venv/bin/python manage.py demo_answers 60",
                "",
            ]
        )
