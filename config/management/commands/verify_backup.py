"""`manage.py verify_backup`: whether a backup can be restored, by doing it."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from config.backup import BackupError
from config.backup.folder import chosen
from config.backup.trying import Tried, try_out
from config.postgres import PostgresError

NAMED_AT_MOST = 20


class Command(BaseCommand):
    help = (
        "Check every byte of a backup, load it into a PostgreSQL that is thrown away afterwards, count the rows of "
        "every table, look for every object that they name, and follow the audit log's chain. Needs no installation. "
        "Prints one JSON object on one line; exit code 0 only where nothing is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", metavar="FOLDER", type=Path, help="one backup, or the folder of them: then its newest"
        )

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            backup = chosen(folder)
            with tqdm(unit=" objects", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
                tried = try_out(backup, progress=bar.update)
        except (BackupError, PostgresError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps({"backup": str(backup), **_told(tried)}))
        if tried.faults:
            raise CommandError(f"The backup is not whole: {tried.faults[0]}")


def _told(tried: Tried) -> dict[str, Any]:
    manifest = tried.manifest
    return {
        "intact": not tried.faults,
        "made_at": manifest.made_at,
        "version": manifest.version,
        "tables": len(manifest.rows),
        "rows": sum(manifest.rows.values()),
        "objects": manifest.objects,
        "bytes": manifest.dump_bytes + manifest.bytes,
        "deleted": manifest.deleted,
        "lost": manifest.lost,
        "damaged": manifest.damaged,
        "sealed_events": tried.sealed_events,
        "last_seal": manifest.last_seal,
        "seconds": round(tried.seconds, 1),
        "faults": tried.faults[:NAMED_AT_MOST],
        "more_faults": max(0, len(tried.faults) - NAMED_AT_MOST),
    }
