"""Make the key that notifications to phones are signed with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.services import push_keys


class Command(BaseCommand):
    help = "Make the key that notifications to phones are signed with, once an installation; prints its public half."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            public = push_keys.make()
        except push_keys.KeysExist as exist:
            raise CommandError(
                f"{exist} Taking it away ends every phone's notifications until it is opened again."
            ) from None
        self.stdout.write(public)
