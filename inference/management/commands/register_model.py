"""`manage.py register_model`: keeps a model file as a candidate, wherever it comes from."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from inference.management import declaring
from inference.runtimes import RuntimeRefused
from inference.services.baseline import measure_baseline, told
from inference.services.models import ModelRefused, register
from people.models import Project


class Command(BaseCommand):
    help = (
        "Keep an ONNX file as a candidate model of a project, and print its id. A file that Vouch's trainer exported "
        "says all there is to know; of any other classifier or detector say with --labels what its columns are, and "
        "with the other options what pixels it takes. It is tried in a process of its own, and refused with the "
        "reason. The same file again is the same model."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "words",
            nargs="+",
            metavar="[PROJECT] FILE.onnx",
            help="the project's slug, unless --project is given; the file",
        )
        parser.add_argument("--project", help="the project's slug")
        parser.add_argument("--name", default="", help="what people shall call it")
        parser.add_argument(
            "--checkpoint", type=Path, help="the state file that a later training may go on from"
        )
        parser.add_argument(
            "--without-baseline", action="store_true", help="do not try it on the project's labelled images"
        )
        declaring.add_arguments(parser)

    def handle(self, *args: Any, words: list[str], **options: Any) -> None:
        slug = options["project"]
        if slug is None and len(words) == 2:
            slug = words.pop(0)
        if slug is None or len(words) != 1:
            raise CommandError("Say which project, and one file.", returncode=2)
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise CommandError(f"There is no project {slug!r}.", returncode=2)
        try:
            model = register(
                project=project,
                onnx=Path(words[0]),
                declaration=declaring.declaration(options),
                checkpoint=options["checkpoint"],
                name=options["name"],
            )
        except (RuntimeRefused, ModelRefused) as refused:
            raise CommandError(str(refused)) from None
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from None
        for note in model.profile.get("notes", []):
            self.stderr.write(note)
        self.stderr.write(f"{model}: {', '.join(model.labels)}; {model.architecture}; a {model.stage}.")
        if not options["without_baseline"]:
            self.stderr.write(told(measure_baseline(model=model)))
        self.stdout.write(str(model.pk))
