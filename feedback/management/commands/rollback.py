"""`manage.py rollback`: bring back the model that served before."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from feedback.services.promotion import NothingBefore, rollback
from inference.queries.models import champion
from people.models import Project


class Command(BaseCommand):
    help = "Leave the model that serves for the one that served before it; exits with 0 only when that one serves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")

    def handle(self, *args: Any, project: str, **options: Any) -> None:
        found = Project.objects.filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project {project!r}.")
        serving = champion(found)
        if serving is None:
            raise CommandError(f"No model serves {found}.")
        try:
            before = rollback(user=None, model=serving)
        except NothingBefore as nothing:
            raise CommandError(str(nothing)) from None
        self.stdout.write(f"{before} serves again; {serving} is retired.")
