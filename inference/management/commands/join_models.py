"""`manage.py join_models`: several models of a project serve as one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from inference.queries.models import named
from inference.services.ensembles import join
from inference.services.models import ModelRefused
from people.models import Project


class Command(BaseCommand):
    help = (
        "Make a candidate of several classifiers of a project, and print its id: it says the mean of what they say, "
        "and is unsure where they disagree. They must know the same labels and take the same pixels."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="its slug")
        parser.add_argument(
            "models", nargs="+", metavar="MODEL", help="an id, or champion; the first gives embeddings"
        )

    def handle(self, *args: Any, project: str, models: list[str], **options: Any) -> None:
        found = Project.objects.filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project {project!r}.", returncode=2)
        members = []
        for name in models:
            model = named(found, name)
            if model is None:
                raise CommandError(f"{found} has no model {name!r}.", returncode=2)
            members.append(model)
        try:
            joined = join(project=found, models=members)
        except ModelRefused as refused:
            raise CommandError(str(refused)) from None
        self.stderr.write(f"{joined}: {joined.architecture}; a {joined.stage}.")
        self.stdout.write(str(joined.pk))
