"""The inference process: batch after batch for every project, whatever goes wrong with one of them."""

import logging
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from inference.queries.captures import projects_with_work
from inference.queries.models import champion
from inference.services import trying
from inference.services.gathering import Gathering
from inference.services.loaded import LoadedModels, Served
from inference.services.predicting import LARGEST_BATCH, BatchFailed, Outcome, predict
from inference.services.shadowing import Shadower
from inference.services.waking import Bell, Bells, Listener
from people.services.listening import renew_pool

logger = logging.getLogger(__name__)

LANES = 2
"""While one lane stores a batch the next is being decoded and scored for the other."""
POLL_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
FIRST_HOLD_SECONDS = 1.0
LONGEST_HOLD_SECONDS = 60.0


@dataclass
class _Hold:
    """A project where nothing worked is left alone for a while, longer each time."""

    until: float
    seconds: float


class Server:
    """Serves every project of the installation; `run` returns after `stop`.

    Each lane takes a batch, has it decoded and scored by the `threads` they share, and stores it. A batch has at most
    `limit` captures: one where one waits, and where they stream in as many as came while the last one was at work.
    What the champion predicted is then put to the project's shadow, if any.
    """

    def __init__(self, *, threads: int | None = None, limit: int = LARGEST_BATCH) -> None:
        self.threads = threads or len(os.sched_getaffinity(0))
        self.limit = limit
        self.models = LoadedModels(threads=1)
        self.workers = ThreadPoolExecutor(self.threads, thread_name_prefix="predict")
        self.bells = Bells(LANES)
        self.shadower = Shadower()
        self.stopping = False
        self._loading = threading.Lock()
        self._caution = threading.Lock()
        self._proven: set[UUID] = set()
        self._held: dict[UUID, _Hold] = {}
        self._gathering = Gathering()

    def stop(self) -> None:
        """Finish the batches at hand and leave; may be called from a signal handler."""
        self.stopping = True
        self.bells.ring_all()

    def run(self) -> None:
        """Predict whatever comes until told to stop. Raises what ended a lane that nothing should have ended."""
        listener = Listener(self.bells)
        listener.start()
        self.shadower.start()
        first, *others = self.bells.each
        try:
            with ThreadPoolExecutor(LANES, thread_name_prefix="lane") as pool:
                running = [pool.submit(self._lane, bell) for bell in others]
                try:
                    self._lane(first)
                finally:
                    self.stop()
                    listener.end()
                for lane in running:
                    lane.result()
        finally:
            self.shadower.end()
        self.workers.shutdown()

    def _lane(self, bell: Bell) -> None:
        pause = FIRST_PAUSE_SECONDS
        try:
            while not self.stopping:
                try:
                    bell.hush()
                    bell.busy = True
                    worked = self._turn()
                    pause = FIRST_PAUSE_SECONDS
                    bell.busy = False
                    if not worked and not self.stopping:
                        bell.wait(self._until_next())
                except trying.CONNECTION_ERRORS as error:
                    logger.warning("lost the database, trying again in %.1f s: %s", pause, error)
                    connection.close()
                    # What ended one connection has mostly ended all: each dead one would cost another pause.
                    renew_pool()
                    # A batch that the database ended may have been at fault itself.
                    self._proven.clear()
                    bell.wait(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        finally:
            # Whatever ended this lane ends the others: half a process would go unnoticed.
            self.stop()
            connection.close()

    def _turn(self) -> int:
        """One batch of each project that has work, so that none waits for another's backlog."""
        worked = 0
        for project_id in projects_with_work():
            if self.stopping:
                break
            if not self._is_held(project_id):
                worked += self._serve(project_id)
        return worked

    def _until_next(self) -> float:
        """Seconds until there is something to look at, if no bell rings."""
        now = time.monotonic()
        return min(
            [POLL_SECONDS, *(held.until - now for held in list(self._held.values()) if held.until > now)]
        )

    def _serve(self, project_id: UUID) -> int:
        model = champion(project_id)
        with self._loading:
            served = self.models.get_for(project_id, model) if model is not None else None
        if project_id in self._proven:
            return self._attempt(project_id, served) if self._gathering.wait(project_id) else 0
        if not self._caution.acquire(blocking=False):
            # Another lane is finding out; a second batch beside it would blur what a crash says.
            return 0
        try:
            return self._count_and_try(project_id, served, None) or self._attempt(project_id, served)
        finally:
            self._caution.release()

    def _attempt(self, project_id: UUID, served: Served | None, ids: Sequence[UUID] | None = None) -> int:
        """One batch, tried in halves should it fail, then those that were tried before one by one.

        `ids` are captures whose attempt is counted already.
        """
        begun = time.monotonic()
        try:
            outcome = predict(
                project_id=project_id,
                served=served,
                workers=self.workers,
                parts=self.threads,
                limit=self.limit,
                ids=ids,
            )
        except BatchFailed as failed:
            return self._recover(project_id, served, failed, counted=ids is not None)
        seconds = time.monotonic() - begun
        self._tell(project_id, served, outcome, seconds)
        self.shadower.offer(project_id, outcome.by_model)
        worked = outcome.predicted + outcome.failed
        self._gathering.took(project_id, seconds, worked, full=worked >= self.limit)
        if worked:
            self._proven.add(project_id)
            self._held.pop(project_id, None)
        if worked >= self.limit:
            self.bells.ring()
        for pk in outcome.tried:
            if self.stopping or self._is_held(project_id):
                break
            worked += self._count_and_try(project_id, served, [pk])
        return worked

    def _count_and_try(self, project_id: UUID, served: Served | None, ids: Sequence[UUID] | None) -> int:
        """A batch whose attempt is counted first: it may follow a crash that it caused."""
        servable = served is not None
        with trying.counted(project_id, servable=servable, limit=self.limit, ids=ids) as going_on:
            return self._attempt(project_id, served, going_on) if going_on else 0

    def _recover(self, project_id: UUID, served: Served | None, failed: BatchFailed, *, counted: bool) -> int:
        if isinstance(failed.__cause__, trying.CONNECTION_ERRORS):
            raise failed.__cause__
        logger.error(
            "a batch of %d of project %s failed, trying its captures apart",
            len(failed.ids),
            project_id,
            exc_info=failed.__cause__,
        )

        def again(ids: Sequence[UUID]) -> Outcome:
            return predict(project_id=project_id, served=served, workers=self.workers, ids=ids)

        if len(failed.ids) == 1:
            found = trying.Found(failing={failed.ids[0]: trying.reason_of(failed.__cause__)})
        else:
            found = trying.halve(failed.ids, again)
        worked = found.outcome.predicted + found.outcome.failed
        if worked:
            # What fails where others succeed is at fault itself.
            self._tell(project_id, served, found.outcome, found.outcome.seconds)
            self.shadower.offer(project_id, found.outcome.by_model)
            self._proven.add(project_id)
            trying.give_up(project_id, found.failing)
        elif found.failing:
            trying.give_up_if_spent(project_id, found.failing, counted=counted)
            self._hold(project_id)
        return worked

    def _is_held(self, project_id: UUID) -> bool:
        held = self._held.get(project_id)
        return held is not None and held.until > time.monotonic()

    def _hold(self, project_id: UUID) -> None:
        before = self._held.get(project_id)
        seconds = min(before.seconds * 2, LONGEST_HOLD_SECONDS) if before else FIRST_HOLD_SECONDS
        self._held[project_id] = _Hold(time.monotonic() + seconds, seconds)
        logger.error("nothing could be predicted for project %s: waiting %g s", project_id, seconds)

    def _tell(self, project_id: UUID, served: Served | None, outcome: Outcome, seconds: float) -> None:
        if outcome.predicted or outcome.failed:
            logger.info(
                "project %s: %d predicted, %d failed by %s in %.0f ms",
                project_id,
                outcome.predicted,
                outcome.failed,
                served.model if served else "others",
                seconds * 1000,
            )
