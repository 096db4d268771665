"""Attach labels or predictions made elsewhere to the images of a project."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from labeling.domain.formats.detection import READERS
from labeling.domain.formats.found import FileUnreadable
from labeling.domain.formats.names import has_extension
from labeling.domain.rows import RowRefused
from labeling.management.commands.import_images import counted, photographs_in, row_of
from labeling.models import Queue
from labeling.services.importing import import_images
from labeling.services.label_import.destination import DEFAULT_QUEUE, Kind, QueueRefused, queue_for
from labeling.services.label_import.importing import import_labels
from labeling.services.label_import.later import keep_report
from labeling.services.label_import.sources import at_path
from people.models import Project

SOME_REFUSED, NOT_READ = 1, 2


class Command(BaseCommand):
    help = (
        "Attach labels or predictions made elsewhere to images that are here, by filename or sha256. "
        "Exit code 0 only when all went in, 1 when some were refused, 2 when the file cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="Slug.")
        parser.add_argument("file", type=Path, help="A file, a folder or a zip.")
        parser.add_argument("--kind", choices=[str(kind) for kind in Kind], default=str(Kind.LABELS))
        parser.add_argument(
            "--queue",
            metavar="NAME",
            default="",
            help=f"Where predictions wait for people; {DEFAULT_QUEUE} where left out.",
        )
        parser.add_argument("--format", choices=["auto", *READERS], default="auto")
        parser.add_argument(
            "--reference",
            type=Path,
            metavar="FILE",
            help="The COCO instances file that a COCO results file speaks of.",
        )
        parser.add_argument("--images", type=Path, metavar="FOLDER", help="Bring these photographs in first.")
        parser.add_argument(
            "--create-labels", action="store_true", help="Make the labels that the project does not know yet."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.", returncode=NOT_READ)
        queue = _queue(project, options["kind"], options["queue"])
        left_out = self._bring_in(project, options["images"]) if options["images"] else 0
        try:
            files = at_path(options["file"])
            with tqdm(desc=f"labels into {project.slug}", unit="image") as bar:
                report = import_labels(
                    user=None,
                    project=project,
                    files=files,
                    layout=options["format"],
                    queue=queue,
                    new_labels=options["create_labels"],
                    reference=options["reference"] and at_path(options["reference"]),
                    progress=bar.update,
                    refused=self._tell,
                )
        except FileUnreadable as unreadable:
            raise CommandError(f"{unreadable} Nothing was imported.", returncode=NOT_READ) from None
        keep_report(
            user=None,
            project=project,
            name=files.name,
            report=report,
            layout=options["format"],
            queue=queue,
            new_labels=options["create_labels"],
        )
        for note in report.notes:
            self.stderr.write(note)
        self.stderr.write(
            f"{report.created:,} images labelled, "
            f"{report.unchanged:,} unchanged, {report.refused:,} rows refused."
            if queue is None
            else f"{report.created:,} tasks opened in {queue}, "
            f"{report.unchanged:,} unchanged, {report.refused:,} rows refused."
        )
        if report.refused or left_out:
            raise CommandError("Some did not go in; the rest did.", returncode=SOME_REFUSED)

    def _bring_in(self, project: Project, folder: Path) -> int:
        """How many of the folder's photographs did not go in."""
        if not folder.is_dir():
            raise CommandError(f"--images: {folder} is not a folder.", returncode=NOT_READ)
        found = [file for file in photographs_in(folder) if has_extension(file.name)]
        rows = [(row_of(file, folder, None, ""), file) for file in found]
        with tqdm(total=len(rows), desc=f"photographs into {project.slug}", unit="image") as bar:
            report = import_images(user=None, project=project, items=counted(rows, bar.update))
        for error in report.errors:
            self._tell(error)
        self.stderr.write(
            f"{report.created:,} photographs new, {len(report.duplicates):,} here already, "
            f"{len(report.errors):,} refused."
        )
        return len(report.errors)

    def _tell(self, error: RowRefused) -> None:
        where = ": ".join(filter(None, [error.row and f"row {error.row}", error.file]))
        self.stderr.write(f"{where}: {error.detail}" if where else error.detail)


def _queue(project: Project, kind: str, name: str) -> Queue | None:
    try:
        return queue_for(project, kind, name)
    except QueueRefused as refused:
        raise CommandError(f"--queue: {refused}", returncode=NOT_READ) from None
