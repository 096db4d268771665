"""`manage.py train`: trains a project's next model here and now, or carries out a run that waits."""

import json
import os
import signal
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from tqdm import tqdm

from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.services import datasets
from inference.domain.metrics import score
from inference.enums import RunState
from inference.models import ModelVersion, TrainingRun
from inference.queries import models
from inference.services import training
from inference.services.trainers import METHODS, TrainingRefused
from people.models import Project


class Command(BaseCommand):
    help = (
        "Train a candidate model, with the progress shown, and measure it and the champion on the same frozen "
        "test images. It does not serve before it is promoted. Without --dataset what is known now is frozen first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("--dataset", type=UUID, metavar="ID", help="a frozen dataset of the project")
        parser.add_argument("--base", metavar="MODEL", help="go on from this model: champion, or its id")
        parser.add_argument(
            "--method",
            choices=METHODS,
            help="scratch without a base; with one replay (keeps what it knows), naive, or head (seconds)",
        )
        parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same model (0)")
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="of training: architecture, size, steps, batch_size, learning_rate, flip, max_seconds …",
        )
        parser.add_argument("--run", type=UUID, metavar="ID", help="carry out this run, which waits")

    def handle(
        self,
        *args: Any,
        project: str,
        dataset: UUID | None,
        base: str | None,
        method: str | None,
        seed: int,
        option: list[str],
        run: UUID | None,
        **options: Any,
    ) -> None:
        found = Project.objects.filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project {project!r}.", returncode=2)
        self._stopped = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        wished = dict(_option(each) for each in option) | ({"method": method} if method else {})
        ended = self._carry_out(run) if run else self._train(found, dataset, base, seed, wished)
        if ended.state == RunState.FAILED:
            raise CommandError(ended.error)
        if ended.state in (RunState.QUEUED, RunState.CANCELLED):
            raise CommandError(f"The run is {ended.state}.", returncode=os.EX_TEMPFAIL)
        if ended.model is not None:
            self._report(ended.model, models.champion(found))

    def _stop(self, *_: object) -> None:
        self._stopped = True

    def _train(
        self, project: Project, dataset_id: UUID | None, base: str | None, seed: int, wished: dict[str, Any]
    ) -> TrainingRun:
        dataset = self._dataset(project, dataset_id)
        model = models.named(project, base) if base else None
        if base and model is None:
            raise CommandError(f"{project} has no model {base!r}.", returncode=2)
        try:
            run = training.request_run(
                user=None,
                project=project,
                dataset_id=dataset.pk,
                manifest_key=dataset.manifest_key,
                base=model,
                seed=seed,
                options=wished,
                defer=False,
            )
        except TrainingRefused as refused:
            raise CommandError(str(refused), returncode=2) from None
        ended = self._carry_out(run.pk)
        # Nobody waits for a run whose terminal was left.
        return training.cancel(user=None, run=ended) if ended.state == RunState.QUEUED else ended

    def _carry_out(self, run_id: UUID) -> TrainingRun:
        shape = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}"
        with tqdm(total=100, desc="Training", disable=None, bar_format=shape) as bar:
            return training.run(
                run_id,
                on_progress=lambda fraction: bar.update(round(100 * fraction) - bar.n),
                should_stop=lambda: self._stopped,
            )

    def _dataset(self, project: Project, dataset_id: UUID | None) -> DatasetVersion:
        if dataset_id is None:
            dataset = datasets.request_dataset(user=None, project=project)
            dataset = datasets.freeze(dataset.pk)
        else:
            named = DatasetVersion.objects.filter(project=project, pk=dataset_id).first()
            if named is None:
                raise CommandError(f"{project} has no dataset {dataset_id}.", returncode=2)
            dataset = named
        if dataset.state != DatasetState.FROZEN:
            raise CommandError(f"{dataset} is {dataset.state}: {dataset.error or 'it is not frozen yet'}")
        counts = ", ".join(f"{count} {split}" for split, count in dataset.counts.items())
        self.stdout.write(f"{dataset} ({dataset.hash[:12]}): {counts}")
        return dataset

    def _report(self, model: ModelVersion, champion: ModelVersion | None) -> None:
        for each in [model, champion]:
            figures = each.evaluations.order_by("-pk").first() if each else None
            if figures is not None:
                right = score(figures.metrics)
                what = (
                    "test images right" if "accuracy" in figures.metrics else "test images, F1 of the boxes"
                )
                self.stdout.write(f"{each} ({each.stage}): {right:.1%} of {figures.images} {what}")


def _option(text: str) -> tuple[str, Any]:
    """NAME=VALUE, the value as JSON where it is that, else as text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"{text!r} is not NAME=VALUE, like steps=300.", returncode=2)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
