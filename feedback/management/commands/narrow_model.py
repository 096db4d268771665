"""`manage.py narrow_model`: a narrower model that learns to say what a registered one says."""

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from feedback.management.named import dataset_named
from feedback.services.narrowing import frozen_for
from inference.models import ModelVersion
from inference.runtimes import RuntimeRefused
from inference.services import narrowing


class Command(BaseCommand):
    help = (
        "Train a narrower classifier to say what a registered one says, on a frozen dataset's training images, and "
        "keep it as a candidate where it is right as often within the margin, and faster. Prints its id."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", metavar="MODEL", type=UUID, help="a registered model's id")
        parser.add_argument(
            "--dataset", type=int, metavar="NUMBER", help="the one frozen last where left out"
        )
        parser.add_argument(
            "--margin",
            type=float,
            default=narrowing.MARGIN,
            help="the share of images that it may be right on less (%(default)s)",
        )
        parser.add_argument("--steps", type=int, default=narrowing.STEPS, help="of training (%(default)s)")

    def handle(self, *args: Any, model: UUID, **options: Any) -> None:
        found = ModelVersion.objects.select_related("project").filter(pk=model).first()
        if found is None:
            raise CommandError(f"There is no model {model}.", returncode=2)
        number = options["dataset"]
        dataset = dataset_named(found.project.slug, number) if number is not None else None
        with tqdm(total=1.0, file=sys.stderr, disable=not sys.stderr.isatty()) as bar:

            def show(share: float) -> None:
                bar.n = share
                bar.refresh()

            try:
                made = narrowing.register_narrow(
                    model=found,
                    frozen=frozen_for(found, dataset),
                    margin=options["margin"],
                    steps=options["steps"],
                    heard=show,
                )
            except (narrowing.NarrowRefused, RuntimeRefused) as refused:
                raise CommandError(str(refused)) from None
            except FileNotFoundError:
                raise CommandError(f"The file of {found} is gone from the storage.") from None
        figures = found.profile["narrow"]
        self.stderr.write(
            f"{made}: model {made.number}, a candidate; right on {figures['right']} of {figures['labelled']} images, "
            f"its parent on {figures['parent_right']}; {figures['latency_ms']:.2f} ms for one picture, its parent "
            f"{figures['parent_latency_ms']:.2f}; {figures['bytes'] / 2**20:.2f} MB, its parent "
            f"{figures['parent_bytes'] / 2**20:.2f}."
        )
        self.stdout.write(str(made.pk))
