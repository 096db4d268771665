"""Take somebody's second factor away, who has lost the phone and the recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from people.models import User
from people.services import second_factors


class Command(BaseCommand):
    help = "Take a person's second factor away: their password is enough until they set up another. Recorded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="Username.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['user']!r}.")
        if not second_factors.take_away(user=user, by=None):
            raise CommandError(f"{user.username} has no second factor.")
        self.stdout.write(
            f"{user.username} signs in by password alone until they set up another second factor."
        )
