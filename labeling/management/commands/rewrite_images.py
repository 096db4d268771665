"""`manage.py rewrite_images`: bring images kept earlier to what the project would keep of them today."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.services.blurring import CannotBlur
from labeling.services.rewriting import Rewritten, rewrite
from people.models import Project

TOLD_EACH = 100


class Command(BaseCommand):
    help = (
        "Leave the metadata out of the images that a project kept before that was done, and fill the faces and number "
        "plates in them where it says so. Again, and with --after, it goes on where it stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="Its slug.")
        parser.add_argument(
            "--after",
            type=UUID,
            metavar="ID",
            help="Go on behind this image: the last that was named before.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")

        def heard(so_far: Rewritten) -> None:
            if so_far.looked % TOLD_EACH == 0:
                self.stderr.write(
                    f"{so_far.looked} looked at, {so_far.written} written anew: --after {so_far.last}"
                )

        try:
            done = rewrite(project=project, after=options["after"], heard=heard)
        except CannotBlur as cannot:
            raise CommandError(cannot.reason) from None
        said = {
            "looked": done.looked,
            "written": done.written,
            "filled": done.filled,
            "unreadable": done.unreadable,
        }
        self.stdout.write(json.dumps(said))
