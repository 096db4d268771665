"""`manage.py recalibrate`: have the serving model's confidence mean what people's answers say it is worth."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from feedback.services.recalibrating import recalibrate
from inference.queries.models import named
from people.models import Project


class Command(BaseCommand):
    help = "Calibrate a model by verified answers, where that is better; exits with 0 also where nothing changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument(
            "--model", default="champion", help="a model's id; the one that serves if left out"
        )

    def handle(self, *args: Any, project: str, model: str, **options: Any) -> None:
        found = Project.objects.filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project {project!r}.")
        chosen = named(found, model)
        if chosen is None:
            raise CommandError(f"{found} has no model {model!r}: give a model's id, or train one first.")
        self.stdout.write(recalibrate(user=None, model=chosen).reason)
