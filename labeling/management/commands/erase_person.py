"""`manage.py erase_person`: take a person out of their account, for who runs the installation."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.services.person_erasure import erase_person
from people.models import User


class Command(BaseCommand):
    help = (
        "Anonymise an account for good: name, address and every way in go, the username becomes a pseudonym. "
        "Answers stay under it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USERNAME")
        parser.add_argument(
            "--blank-words", action="store_true", help="Also what they typed: words, reasons and flags."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["user"]).first()
        if person is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        erased = erase_person(by=None, person=person, blank_words=options["blank_words"])
        self.stdout.write(erased.account.pseudonym)
        for what, count in (erased.account.removed | erased.words).items():
            if count:
                self.stderr.write(f"{what}: {count} removed")
        self.stderr.write(f"answers: {erased.answers} kept")
