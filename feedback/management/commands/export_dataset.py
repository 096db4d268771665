"""`manage.py export_dataset`: write a frozen dataset out for others to read."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from feedback.domain.layouts import LAYOUTS, LayoutRefused
from feedback.management.named import dataset_named
from feedback.services.exporting import NotFrozen, write_folder


class Command(BaseCommand):
    help = (
        "Write a dataset into an empty folder, in a layout that others read. Exit code 0 only when every photograph "
        "is there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument(
            "folder", metavar="FOLDER", type=Path, help="made if it is not there; must be empty"
        )
        parser.add_argument("--layout", choices=list(LAYOUTS), required=True)
        parser.add_argument(
            "--dataset", type=int, metavar="NUMBER", help="the one frozen last where left out"
        )
        parser.add_argument("--without-images", action="store_true", help="labels alone")

    def handle(self, *args: Any, project: str, folder: Path, **options: Any) -> None:
        dataset = dataset_named(project, options["dataset"])
        try:
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise CommandError(f"{folder} is not an empty folder.")
            with tqdm(unit=" files", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
                missing = write_folder(
                    dataset,
                    options["layout"],
                    folder,
                    pictures=not options["without_images"],
                    progress=bar.update,
                )
        except (NotFrozen, LayoutRefused) as refused:
            raise CommandError(str(refused)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or folder}: {error.strerror}.") from None
        self.stdout.write(f"{dataset.pk} {dataset.hash}")
        if missing:
            raise CommandError(f"The storage has lost {len(missing):,} photographs, named in missing.txt.")
