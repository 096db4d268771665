"""Sending what the spool holds and asking for the champion: again and again, with patience, each in effect once."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from inference.edge.centre import Centre, NotGenuine, NotNow, Refused
from inference.edge.champion import Champion, Store
from inference.edge.clock import Clock
from inference.edge.health import health
from inference.edge.spool import Spool
from inference.edge.waiting import SpoolFull
from inference.runtimes import RuntimeRefused

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
REPORT_SECONDS = 300.0
IDLE_SECONDS = 0.5
UNEXPECTED_SECONDS = 30.0


class Outbox:
    """What one thread sends from the spool. Waiting is by a clock that never jumps.

    `champion` is the newest one that could be loaded; `confirmed_at`, by the same clock, when the centre last said so.
    """

    def __init__(
        self,
        *,
        spool: Callable[[], Spool],
        centre: Centre,
        store: Store,
        clock: Clock,
        device: str,
        poll_seconds: float,
        report_seconds: float = REPORT_SECONDS,
        folder: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._centre, self._store, self._clock = spool, centre, store, clock
        self._device, self._poll, self._report = device, poll_seconds, report_seconds
        self._monotonic, self._folder = monotonic, folder
        self._pause = FIRST_PAUSE_SECONDS
        self._next_poll = self._next_report = monotonic()
        self.champion: Champion | None = None
        self.confirmed_at: float | None = None
        if (kept := store.last_good()) is not None:
            self.champion, age = kept
            self.confirmed_at = monotonic() - age

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set; whatever goes wrong is logged and tried again."""
        spool = self._open()
        try:
            while not stop.is_set():
                try:
                    wait = self.round(spool)
                except Exception:
                    # A thread that ended would leave the agent taking in and never sending.
                    logger.exception("sending went wrong, again in %g s", UNEXPECTED_SECONDS)
                    wait = UNEXPECTED_SECONDS
                stop.wait(wait)
        finally:
            spool.close()

    def round(self, spool: Spool, *, report_now: bool = False) -> float:
        """Send all there is, if the centre takes it; returns after how many seconds to come again."""
        try:
            if self._clock.offset is None or self._monotonic() >= self._next_poll:
                self._poll_if_it_answers()
            self._send(spool)
            if report_now or self._monotonic() >= self._next_report:
                self._send_reports(spool)
                self._send_health(spool)
                self._next_report = self._monotonic() + self._report
        except (NotNow, SpoolFull) as error:
            wait = getattr(error, "seconds", None)
            if wait is None:
                # Devices that lost the same network do not all come back at once.
                wait = self._pause * random.uniform(0.5, 1)
                self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
            logger.warning("nothing can be sent now, again in %.1f s: %s", wait, error or "the disk is full")
            return float(wait)
        self._pause = FIRST_PAUSE_SECONDS
        return IDLE_SECONDS

    def _poll_if_it_answers(self) -> None:
        """A centre with no champion to give may take captures all the same. Raises NotNow before it was heard of."""
        try:
            self.poll()
        except NotNow as error:
            if self._clock.offset is None:
                raise
            logger.warning("the champion cannot be asked for: %s", error)
            self._next_poll = self._monotonic() + self._poll

    def poll(self) -> None:
        """Ask what to decide by; what cannot be used leaves the champion that was. Raises NotNow."""
        try:
            signed = self._centre.manifest()
            if self.champion is None or signed.manifest != self.champion.text:
                self.champion = self._store.take(signed, self._centre)
                logger.info("model %s decides, by policy %s", self.champion.model, self.champion.terms.id)
            else:
                self._store.confirmed()
            self.confirmed_at = self._monotonic()
        except (Refused, NotGenuine, RuntimeRefused, OSError, ValueError, KeyError, TypeError) as error:
            logger.error("the champion cannot be had, the last good one goes on: %s", error)
        self._next_poll = self._monotonic() + self._poll

    def _send(self, spool: Spool) -> None:
        while (waiting := spool.next()) is not None:
            if waiting.captured_at is None:
                spool.promise(waiting.seq, self._clock.corrected(waiting.taken_at))
                # Read again: it may have left while the promise was written.
                continue
            try:
                self._centre.send(waiting)
            except Refused as error:
                logger.error("capture %s of %s is refused: %s", waiting.id, waiting.source, error)
                spool.refuse(waiting.seq, str(error))
            else:
                spool.sent(waiting.seq)

    def _send_health(self, spool: Spool) -> None:
        """Say how the device fares, where its disk is known. It is news or nothing: what cannot be sent is not kept."""
        if self._folder is None:
            return
        try:
            self._centre.health(
                health(device=self._device, folder=self._folder, spool=spool, champion=self.champion)
            )
        except (NotNow, Refused, OSError) as error:
            logger.warning("how the device fares cannot be said: %s", error)

    def _send_reports(self, spool: Spool) -> None:
        while (report := spool.report(device=self._device, moment=self._clock.moment)) is not None:
            try:
                self._centre.report(report[1])
            except Refused as error:
                logger.error("a report of counts is refused: %s", error)
                spool.refuse_report(report[0], str(error))
            else:
                spool.reported(report[0])
