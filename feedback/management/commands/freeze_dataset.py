"""`manage.py freeze_dataset`: freeze what a project holds true into a dataset, here and now."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from feedback.enums import DatasetState
from feedback.services.datasets import freeze, request_dataset
from feedback.services.filters import FiltersRefused
from people.models import Project


class Command(BaseCommand):
    help = (
        "Freeze the project's examples into a dataset: splits that never leak, and a hash of the content. "
        "Prints its id and hash. An image that was once tested on stays in the test split, whatever the filters."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument("--name", default="", help="what to call it")
        parser.add_argument("--min-answers", type=int, metavar="N", help="of people behind each image")
        parser.add_argument(
            "--guideline-from", type=int, metavar="N", help="all answers given under this version or later"
        )
        parser.add_argument(
            "--source", action="append", dest="sources", metavar="KEY", help="only of it; may be repeated"
        )
        parser.add_argument("--since", metavar="TIME", help="captured then or later")
        parser.add_argument("--until", metavar="TIME", help="captured before")
        parser.add_argument("--val-share", type=float, metavar="RATIO", help="of what is new (0.15)")
        parser.add_argument("--test-share", type=float, metavar="RATIO", help="of what is new (0.15)")
        parser.add_argument(
            "--synthetic-share", type=float, metavar="RATIO", help="of training, at most (0.5)"
        )

    def handle(self, *args: Any, project: str, name: str, **options: Any) -> None:
        found = Project.objects.filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project {project!r}.")
        names = (
            "min_answers",
            "guideline_from",
            "sources",
            "since",
            "until",
            "val_share",
            "test_share",
            "synthetic_share",
        )
        filters = {key: options[key] for key in names if options[key] is not None}
        try:
            dataset = request_dataset(user=None, project=found, name=name, filters=filters)
        except FiltersRefused as refused:
            raise CommandError(str(refused)) from None
        with tqdm(unit=" images", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:

            def show(stage: str, done: int, total: int | None) -> None:
                bar.set_description(stage, refresh=False)
                bar.total, bar.n = total, done
                bar.refresh()

            dataset = freeze(dataset.pk, show)
        if dataset.state != DatasetState.FROZEN:
            raise CommandError(dataset.error)
        counts = ", ".join(f"{count} {split}" for split, count in dataset.counts.items())
        left_out = ", ".join(
            f"{n} {reason.replace('_', ' ')}" for reason, n in dataset.card["left_out"].items()
        )
        self.stderr.write(f"Frozen as dataset {dataset.number}: {counts}.")
        if left_out:
            self.stderr.write(f"Left out: {left_out}.")
        for line in dataset.card["unreadable"]:
            self.stderr.write(f"Unreadable: {line}")
        if dataset.card["unchanged"]:
            self.stderr.write(f"Nothing changed since dataset {dataset.parent.number}: the hash is the same.")
        self.stdout.write(f"{dataset.pk} {dataset.hash}")
