"""`manage.py register_model`: keeps a model as a candidate, wherever it comes from."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from inference.domain import origins
from inference.domain.baseline_words import told
from inference.domain.declaration import DeclarationRefused
from inference.domain.origins import Origin, OriginRefused
from inference.management import declaring
from inference.models import ModelVersion
from inference.runtimes import RuntimeRefused
from inference.services.baseline import measure_baseline
from inference.services.fetching import fetched
from inference.services.models import ModelRefused, register
from people.models import Project


class Command(BaseCommand):
    help = (
        "Keep an ONNX file as a candidate model of a project, and print its id. A file that Vouch's trainer exported "
        "says all there is to know; of any other classifier or detector say with --labels what its columns are, and "
        "with the other options what pixels it takes. It is tried in a process of its own, and refused with the "
        "reason. The same file again is the same model. A model of a torch hub or of the transformers library is "
        "exported to ONNX first: a hub's own code runs on this machine, so name only one that you trust."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "words",
            nargs="*",
            metavar="[PROJECT] FILE.onnx|transformers:NAME",
            help="the project's slug, unless --project is given; the file, or a model of the transformers library by "
            "its name or folder",
        )
        parser.add_argument("--project", help="the project's slug")
        parser.add_argument("--name", default="", help="what people shall call it")
        parser.add_argument(
            "--torch-hub",
            metavar="OWNER/REPO:ENTRY",
            help="instead of a file: what ENTRY of a GitHub repository's hubconf.py makes, or of a FOLDER's",
        )
        parser.add_argument(
            "--hub-option",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="what ENTRY is called with, like weights=DEFAULT; may be repeated",
        )
        parser.add_argument(
            "--checkpoint", type=Path, help="the state file that a later training may go on from"
        )
        parser.add_argument(
            "--without-baseline", action="store_true", help="do not try it on the project's labelled images"
        )
        declaring.add_arguments(parser)

    def handle(self, *args: Any, words: list[str], **options: Any) -> None:
        fewest = 0 if options["torch_hub"] else 1
        slug = options["project"]
        if slug is None and len(words) == fewest + 1:
            slug = words.pop(0)
        if slug is None or len(words) != fewest:
            raise CommandError("Say which project, and one file.", returncode=2)
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise CommandError(f"There is no project {slug!r}.", returncode=2)
        try:
            origin = _origin(words, options)
            model = _fetched(project, origin, options) if origin else _file(project, words[0], options)
        except OriginRefused as refused:
            raise CommandError(str(refused), returncode=2) from None
        except DeclarationRefused as refused:
            raise CommandError(
                f"--{refused.field.replace('_', '-')} {refused.reason}", returncode=2
            ) from None
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


def _origin(words: list[str], options: dict[str, Any]) -> Origin | None:
    """Where a model that is no file comes from. Raises OriginRefused."""
    if options["torch_hub"]:
        return origins.torch_hub(options["torch_hub"], options["hub_option"])
    if options["hub_option"]:
        raise OriginRefused("--hub-option is of a model that --torch-hub names.")
    return origins.transformers(words[0]) if words[0].startswith(origins.PREFIX) else None


def _file(project: Project, file: str, options: dict[str, Any]) -> ModelVersion:
    return register(
        project=project,
        onnx=Path(file),
        declaration=declaring.declaration(options),
        checkpoint=options["checkpoint"],
        name=options["name"],
    )


def _fetched(project: Project, origin: Origin, options: dict[str, Any]) -> ModelVersion:
    if options["checkpoint"]:
        raise CommandError("--checkpoint is of a file that Vouch's trainer made.", returncode=2)
    given = declaring.given(options)
    with fetched(origin=origin, project=project, labels=options["labels"], given=given) as (
        file,
        declaration,
    ):
        return register(project=project, onnx=file, declaration=declaration, name=options["name"])
