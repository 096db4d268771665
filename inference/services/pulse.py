"""A training run's sign of life: its progress for those who watch, and whether it is still wanted."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from inference.enums import RunState
from inference.models import TrainingRun
from inference.services import trainers
from inference.services.trying import CONNECTION_ERRORS
from people.services.announcements import announce, project_topic

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
TRAINING_SHARE = 0.9
"""The rest of a run's time goes into measuring."""


class Pulse:
    """Says that the run goes on; `interrupted` once the process was asked to stop."""

    def __init__(
        self, run: TrainingRun, on_progress: Callable[[float], None], asked_to_stop: Callable[[], bool]
    ) -> None:
        self._run = run
        self._on_progress = on_progress
        self._asked_to_stop = asked_to_stop
        self._next = 0.0
        self._wanted = True
        self.interrupted = False

    def should_stop(self) -> bool:
        """Whether to stop; asks the database no more than once a second and survives its absence."""
        if self._asked_to_stop():
            self.interrupted = True
        elif time.monotonic() >= self._next:
            try:
                self._write()
            except CONNECTION_ERRORS as error:
                self._lost(error)
        return self.interrupted or not self._wanted

    def beat(self) -> None:
        """Make sure that the database is there and the run still wanted; raises TrainingCancelled if not."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        self._next = 0.0
        while self._next == 0.0:
            try:
                self._write()
            except CONNECTION_ERRORS as error:
                if time.monotonic() > deadline or connection.in_atomic_block:
                    raise
                self._lost(error)
                time.sleep(EVERY_SECONDS / 4)
                self._next = 0.0
        self.check()

    def check(self) -> None:
        """Raise TrainingCancelled where the run is to stop."""
        if self.should_stop():
            raise trainers.cancelled()

    def training(self, progress: Any, step: int) -> None:
        """Keep a training.options.Progress, reached after so many steps, for those who watch."""
        run = self._run
        run.progress = TRAINING_SHARE * progress.fraction
        run.eta_seconds = progress.eta_seconds
        run.curve.append(
            {
                "step": step,
                "epoch": progress.epoch,
                "train_loss": progress.train_loss,
                "val_loss": progress.val_loss,
                "val_accuracy": progress.val_accuracy,
                **({} if progress.val_map is None else {"val_map": progress.val_map}),
            }
        )
        self._next = 0.0
        self._on_progress(run.progress)
        if not self.should_stop():
            announce(project_topic(run.project_id), "run.changed", [run.pk])

    def _write(self) -> None:
        run = self._run
        mine = TrainingRun.objects.filter(pk=run.pk, state=RunState.RUNNING, attempts=run.attempts)
        changed = mine.update(
            heartbeat_at=timezone.now(),
            progress=run.progress,
            eta_seconds=run.eta_seconds,
            curve=run.curve,
        )
        self._wanted = changed == 1
        self._next = time.monotonic() + EVERY_SECONDS

    def _lost(self, error: Exception) -> None:
        logger.warning("training run %s cannot say how far it is: %s", self._run.pk, error)
        connection.close()
        self._next = time.monotonic() + EVERY_SECONDS
