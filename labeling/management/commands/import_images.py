"""Bring a folder of photographs in."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from labeling.domain.rows import LONGEST_FILE, Row, RowRefused
from labeling.enums import Split
from labeling.services.importing import Item, import_images
from people.keys import folded
from people.models import Project


class Command(BaseCommand):
    help = "Bring a folder of photographs in. Exit code 0 only when each of them is in, new or here already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="Slug.")
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--labels-from-folders",
            action="store_true",
            help="FOLDER/LABEL/… holds photographs of that label.",
        )
        parser.add_argument("--split", choices=[str(split) for split in Split], default="")
        parser.add_argument("--queue", metavar="NAME", help="Photographs without a label get a task there.")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        queue = None
        if options["queue"]:
            queue = project.queues.filter(name=options["queue"]).first()
            if queue is None:
                known = ", ".join(sorted(project.queues.values_list("name", flat=True)))
                raise CommandError(
                    f"--queue: {project.slug} has no queue {options['queue']!r}; it has {known}."
                )
        files = photographs_in(folder)
        if not files:
            raise CommandError(f"{folder} holds no files.")
        labels = labels_in(folder, project) if options["labels_from_folders"] else None
        rows = [(row_of(file, folder, labels, options["split"]), file) for file in files]
        with tqdm(total=len(rows), desc=f"importing into {project.slug}", unit="image") as bar:
            report = import_images(user=None, project=project, items=counted(rows, bar.update), queue=queue)
        for name in report.duplicates:
            self.stderr.write(f"{name}: is here already.")
        for error in report.errors:
            self.stderr.write(f"{error.file}: {error.detail}")
        self.stderr.write(
            f"{report.created} new, {len(report.duplicates)} here already, {len(report.errors)} refused."
        )
        if report.errors:
            raise CommandError(f"{len(report.errors)} of {len(rows)} files did not go in; the rest did.")


def counted(rows: list[tuple[Row | RowRefused, Path]], count: Callable[[int], Any]) -> Iterator[Item]:
    """Each row with how to read its file, counted as it is taken."""
    for row, file in rows:
        count(1)
        yield row, partial(_read, file)


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        # One byte past the limit is enough for the refusal: a film is not read whole.
        return opened.read(settings.MAX_IMAGE_BYTES + 1)


def photographs_in(folder: Path) -> list[Path]:
    """Every file below the folder in order, but for hidden ones."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def row_of(file: Path, folder: Path, labels: dict[str, str] | None, split: str) -> Row | RowRefused:
    """The row of a file: with `labels`, of the label that its folder stands for."""
    inside = file.relative_to(folder)
    # A name that is no UTF-8 would not fit into the database.
    name = os.fsencode(inside).decode("utf-8", "replace")[-LONGEST_FILE:]
    if labels is None:
        return Row(file=name, split=split)
    if len(inside.parts) < 2:
        return RowRefused(None, name, "lies in no label's folder.")
    return Row(file=name, split=split, value={"label": labels[inside.parts[0]]})


def labels_in(folder: Path, project: Project) -> dict[str, str]:
    """The label's key by the name of its folder. Raises CommandError naming the folders that are no label."""
    labels = list(project.labels.filter(retired_at=None))
    keys = {folded(label.name): label.key for label in labels} | {label.key: label.key for label in labels}
    names = sorted(
        entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
    found = {name: keys.get(name.casefold()) or keys.get(folded(name)) for name in names}
    if strange := [name for name in names if found[name] is None]:
        known = ", ".join(sorted(label.key for label in labels)) or "none"
        raise CommandError(
            f"{', '.join(strange)}: no label of {project.slug}, which has {known}. Nothing was imported."
        )
    return {name: key for name, key in found.items() if key is not None}
