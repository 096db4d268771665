"""`manage.py register_model`: keeps a model file as a candidate."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from inference.runtimes import RuntimeRefused
from inference.services.models import ModelRefused, register
from people.models import Project


class Command(BaseCommand):
    help = (
        "Keep an ONNX file that Vouch's trainer exported as a candidate model of a project, and print its id. "
        "The same file again is the same model."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("file", type=Path, metavar="FILE.onnx")
        parser.add_argument("--name", default="", help="what people shall call it")
        parser.add_argument(
            "--checkpoint", type=Path, help="the state file that a later training may go on from"
        )

    def handle(
        self, *args: Any, project: str, file: Path, name: str, checkpoint: Path | None, **options: Any
    ) -> None:
        found = Project.objects.filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project {project!r}.", returncode=2)
        try:
            model = register(project=found, onnx=file, checkpoint=checkpoint, name=name)
        except (RuntimeRefused, ModelRefused) as refused:
            raise CommandError(str(refused)) from None
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from None
        self.stderr.write(f"{model}: {', '.join(model.labels)}; {model.architecture}; a {model.stage}.")
        self.stdout.write(str(model.pk))
