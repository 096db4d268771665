"""Hearing that captures came: a LISTEN connection in a thread, healed by itself."""

import logging
import queue
import threading

import psycopg

from people.services.announcements import WORK_CHANNEL
from people.services.listening import (
    FIRST_RETRY_SECONDS,
    LONGEST_RETRY_SECONDS,
    connection_parameters,
)

logger = logging.getLogger(__name__)

CHECK_SECONDS = 0.5


class Bell:
    """What the loop waits at. Ringing is safe from any thread and from a signal handler."""

    def __init__(self) -> None:
        # Event.set may deadlock when a signal arrives while the same thread waits; this queue may not.
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.busy = False
        """Whoever waits at it is at work now."""

    def ring(self) -> None:
        self._rings.put(None)

    def wait(self, seconds: float) -> None:
        """Return at the next ring, or at once if it rang since the last wait, at most `seconds` from now."""
        try:
            self._rings.get(timeout=seconds)
        except queue.Empty:
            return
        self.hush()

    def hush(self) -> None:
        """Forget the rings so far; call it before looking for work, not after."""
        while not self._rings.empty():
            self._rings.get_nowait()


class Bells:
    """A bell for each of several loops: a ring wakes the first that is free, and all those at work before it.

    One loop is enough for a lone capture; to wake the others for it would only slow it down.
    """

    def __init__(self, count: int) -> None:
        self.each = [Bell() for _ in range(count)]

    def ring(self) -> None:
        for bell in self.each:
            bell.ring()
            if not bell.busy:
                return

    def ring_all(self) -> None:
        for bell in self.each:
            bell.ring()


class Listener(threading.Thread):
    """Rings the bells at each announcement of the topic CAPTURES, and after any time of not hearing."""

    def __init__(self, bells: Bells) -> None:
        super().__init__(name="listener", daemon=True)
        self._bells = bells
        self._ended = threading.Event()

    def end(self) -> None:
        """Have the thread end; returns when it has."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        delay = FIRST_RETRY_SECONDS
        while not self._ended.is_set():
            try:
                with psycopg.connect(**connection_parameters(), autocommit=True) as connected:
                    connected.execute(f"LISTEN {WORK_CHANNEL}")
                    delay = FIRST_RETRY_SECONDS
                    self._bells.ring()
                    self._hear(connected)
            except (psycopg.Error, OSError) as error:
                logger.warning("not listening for captures, trying again: %s", error)
                self._ended.wait(delay)
                delay = min(delay * 2, LONGEST_RETRY_SECONDS)

    def _hear(self, connected: psycopg.Connection) -> None:
        while not self._ended.is_set():
            for _ in connected.notifies(timeout=CHECK_SECONDS):
                self._bells.ring()
