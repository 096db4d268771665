"""`manage.py verify_manifest`: hold a dataset's Parquet manifest against its content hash."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from feedback.domain.parquet import ParquetRefused
from feedback.services.manifest_files import ManifestDiffers, verify


class Command(BaseCommand):
    help = (
        "Count the content hash of a manifest.parquet anew from its rows and compare it. No database is needed. Prints "
        "the hash and the number of images; exit code 0 only when it is the one expected."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--hash",
            default="",
            metavar="HASH",
            help="the one expected; what the file itself says if left out",
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            with file.open("rb") as opened:
                found, count = verify(opened, options["hash"].strip().lower())
        except (ParquetRefused, ManifestDiffers) as refused:
            raise CommandError(f"{file}: {refused}") from None
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}.") from None
        self.stdout.write(f"{found} {count:,} images")
