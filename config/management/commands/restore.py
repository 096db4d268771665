"""`manage.py restore`: a backup into an installation in which there is nothing yet."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from tqdm import tqdm

from config.backup import BackupError
from config.backup.database import Database
from config.backup.folder import chosen
from config.backup.restoring import restore


class Command(BaseCommand):
    help = (
        "Restore a backup into an empty installation: its bytes are checked, its objects put into the storage, its "
        "database loaded, and migrated where the backup is older than this release. Refused where the database has "
        "a table already, and of a backup that a newer release made; then nothing is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", metavar="FOLDER", type=Path, help="one backup, or the folder of them: then its newest"
        )

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        database = Database.of_django(connection.settings_dict)
        try:
            backup = chosen(folder)
            with tqdm(unit=" objects", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
                manifest = restore(database, backup, progress=bar.update)
        except BackupError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(
                f"{error.filename or folder}: {error.strerror}. The database is empty still: mend it and do it again."
            ) from None
        executor = MigrationExecutor(connection)
        migrated = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if migrated:
            call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(
            f"{backup} is restored: {sum(manifest.rows.values()):,} rows, {manifest.objects:,} objects"
            + (f"; {migrated} migrations were applied" if migrated else "")
            + ". Everybody signs in again."
        )
        if manifest.deleted or manifest.lost:
            self.stderr.write(
                f"{manifest.deleted + manifest.lost:,} objects were not there when it was made: each is named, "
                f"with why, in {backup / 'objects.ndjson'}."
            )
