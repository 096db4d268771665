"""Where captures stream in, the next batch is let grow: many small ones would cost more than their predictions."""

import threading
import time
from uuid import UUID

LONGEST_SECONDS = 0.15


class Gathering:
    """From when on a project's next batch may be taken: after one of several captures, twice what it took later.

    So the batches grow until what each costs, however large, is shared by enough; a capture waits no longer for its
    batch than that is at work. A lone capture waits for nothing, and neither does a batch that is full.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pace: dict[UUID, float] = {}
        self._from: dict[UUID, float] = {}
        self._waits: set[UUID] = set()

    def wait(self, project_id: UUID) -> bool:
        """Wait until a batch of the project may be taken; False, at once, where another thread waits for that."""
        with self._lock:
            if project_id in self._waits:
                return False
            now = time.monotonic()
            begin = max(now, self._from.get(project_id, now))
            # Nothing is taken beside it either, while it is at work.
            self._from[project_id] = begin + 2 * self._pace.get(project_id, 0.0)
            if begin == now:
                return True
            self._waits.add(project_id)
        try:
            time.sleep(begin - now)
        finally:
            with self._lock:
                self._waits.discard(project_id)
        return True

    def took(self, project_id: UUID, seconds: float, count: int, *, full: bool) -> None:
        """A batch of `count` captures, all there was room for if `full`, was `seconds` at work and is stored now."""
        with self._lock:
            pace = 0.0 if full or count < 2 else min(seconds, LONGEST_SECONDS)
            self._pace[project_id] = pace
            self._from[project_id] = time.monotonic() + pace
