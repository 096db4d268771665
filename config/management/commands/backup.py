"""`manage.py backup`: the database and every object it names, while the system runs."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, transaction
from tqdm import tqdm

from config.backup import BackupError
from config.backup.database import Database
from config.backup.making import Made, make
from config.backup.manifest import Manifest, lines
from people.queries.backups import MADE
from people.services import audit

NAMED_AT_MOST = 10


class Command(BaseCommand):
    help = (
        "Back the installation up into a folder, while it runs: the database as of one moment and every object that "
        "it names. Objects that are in the folder already are not copied again. Prints the backup's folder. Exit "
        "code 0 only when everything is in it; objects that the storage has lost are named, and the rest is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", metavar="FOLDER", type=Path, help="where backups are kept, all together; made if absent"
        )
        parser.add_argument(
            "--keep",
            type=_positive,
            metavar="N",
            help="delete all but the newest N afterwards (all are kept)",
        )

    def handle(self, *args: Any, folder: Path, keep: int | None, **options: Any) -> None:
        database = Database.of_django(connection.settings_dict)
        try:
            with tqdm(unit=" objects", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
                made = make(database, folder, keep=keep, progress=bar.update)
        except BackupError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(
                f"{error.filename or folder}: {error.strerror}. There is no new backup; those of before are whole."
            ) from None
        self.stdout.write(str(made.path))
        manifest = made.manifest
        self.stdout.write(
            f"{sum(manifest.rows.values()):,} rows, {manifest.dump_bytes / 1e6:,.1f} MB; {manifest.objects:,} objects, "
            f"{manifest.bytes / 1e6:,.1f} MB, of these {made.copied:,} new, {made.copied_bytes / 1e6:,.1f} MB"
            + (f"; {made.pruned} older backups deleted" if made.pruned else "")
        )
        self._record(made)
        _say_what_is_missing(self, made.path, manifest)

    def _record(self, made: Made) -> None:
        """The database may be of an older release, backed up before it is brought to this one: that has no such log."""
        manifest = made.manifest
        detail = {"objects": manifest.objects, "lost": manifest.lost, "damaged": manifest.damaged}
        try:
            with transaction.atomic():
                audit.record(actor=None, action=MADE, target=f"backup {made.path.name}", detail=detail)
        except DatabaseError:
            self.stderr.write("That it was made could not be written to the audit log; the backup is whole.")


def _say_what_is_missing(command: BaseCommand, backup: Path, manifest: Manifest) -> None:
    if not (manifest.deleted or manifest.lost or manifest.damaged):
        return
    what = {
        "deleted": "was deleted while the backup was made",
        "lost": "is lost: a row names it, the storage does not have it",
        "damaged": "is damaged: its bytes are not those it is named by",
    }
    whys = [stored for stored in lines(backup) if stored.why]
    for stored in whys[:NAMED_AT_MOST]:
        command.stderr.write(f"{stored.key} {what[stored.why]}.")
    if len(whys) > NAMED_AT_MOST:
        command.stderr.write(f"And {len(whys) - NAMED_AT_MOST:,} more, each in {backup / 'objects.ndjson'}.")
    if manifest.lost or manifest.damaged:
        raise CommandError(
            f"The backup is made; {manifest.lost:,} objects were lost before it, and {manifest.damaged:,} damaged."
        )


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)
