"""The shadow's thread of an inference process: what the champion predicted is put to the candidate, after the fact.

The lanes hand over captures whose predictions are committed, and never wait: not for the shadow's model, which is
loaded and run in this thread alone, nor for a query about it. While captures wait for the champion, nothing is put to
the shadow; what it misses is counted. What waits here when a process is killed is lost to the shadow, and to it alone.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from inference.domain.alike import alike
from inference.domain.routing import sticky_draw
from inference.models import Capture, Shadow, ShadowPrediction
from inference.queries import shadows as found
from inference.queries.captures import more_wait_than
from inference.services import opinions, shadows
from inference.services.loaded import LoadedModels, Served
from inference.services.scoring import PART, Scored, score
from inference.services.waking import Bell

logger = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
"""A shadow that is started or stopped is so here within so long, and half a part."""
BACKLOG = 16
"""While more captures of a project that is served here wait, the shadow stands back."""
MOST_WAITING = 192
"""Where more wait for the shadow than so many, it is slower than the champion: what is ahead of them is skipped."""
MOST_BATCHES = 1000
"""A model that never comes back must not fill the memory."""
SERVED_SECONDS = 10.0
FIRST_HOLD_SECONDS = 1.0
LONGEST_HOLD_SECONDS = 60.0
LONGEST_END_SECONDS = 10.0
UNREADABLE = "Its file cannot be loaded: the log of the inference process says why."


class Shadower(threading.Thread):
    """Puts captures to the shadow of their project, if there is one; `start` begins, `end` returns when it is over."""

    def __init__(self) -> None:
        super().__init__(name="shadow", daemon=True)
        self._models = LoadedModels(threads=1)
        self._bell = Bell()
        self._ending = False
        self._line: deque[tuple[UUID, tuple[UUID, ...]]] = deque(maxlen=MOST_BATCHES)
        self._served_at: dict[UUID, float] = {}
        self._known: dict[UUID, tuple[float, Shadow | None]] = {}
        self._proven: set[UUID] = set()
        self._held: dict[UUID, tuple[float, float]] = {}

    def offer(self, project_id: UUID, captures: Sequence[UUID]) -> None:
        """The champion has predicted these captures, and its predictions are committed. Returns at once."""
        if captures:
            self._line.append((project_id, tuple(captures)))
            self._bell.ring()

    @property
    def waits(self) -> int:
        """How many captures wait for their shadow here."""
        return sum(len(ids) for _, ids in list(self._line))

    def end(self) -> None:
        """Finish the part at hand and count the rest as skipped; a model that never comes back is left behind."""
        self._ending = True
        self._bell.ring()
        self.join(LONGEST_END_SECONDS)

    def run(self) -> None:
        try:
            while not self._ending:
                self._bell.wait(LONGEST_HOLD_SECONDS)
                self.work_off()
        finally:
            connection.close()

    def work_off(self) -> None:
        """Put to the shadow what waits for it. Raises nothing: whatever goes wrong here is no lane's business."""
        while self._line:
            project_id, ids = self._line.popleft()
            try:
                self._take(project_id, ids)
            except (OperationalError, InterfaceError) as error:
                logger.warning("a shadow lost the database, and %d captures: %s", len(ids), error)
                connection.close()
            except Exception:
                logger.exception("%d captures of project %s are lost to its shadow", len(ids), project_id)

    def _take(self, project_id: UUID, ids: Sequence[UUID]) -> None:
        self._served_at[project_id] = time.monotonic()
        shadow = self._shadow(project_id)
        if shadow is None:
            return
        chosen = [pk for pk in ids if is_drawn(shadow, pk)]
        for begin in range(0, len(chosen), PART):
            if self._stands_back(shadow):
                shadows.keep(shadow=shadow, skipped=len(chosen) - begin)
                return
            self._try(shadow, chosen[begin : begin + PART])

    def _shadow(self, project_id: UUID) -> Shadow | None:
        at, shadow = self._known.get(project_id, (-FRESH_SECONDS, None))
        if time.monotonic() - at >= FRESH_SECONDS:
            shadow = found.in_force(project_id)
            self._known[project_id] = time.monotonic(), shadow
        return shadow

    def _stands_back(self, shadow: Shadow) -> bool:
        now = time.monotonic()
        if self._ending or self._held.get(shadow.pk, (0.0, 0.0))[0] > now:
            return True
        if self.waits > MOST_WAITING:
            return True
        lately = [pk for pk, at in self._served_at.items() if now - at < SERVED_SECONDS]
        return any(more_wait_than(project_id, BACKLOG) for project_id in lately)

    def _try(self, shadow: Shadow, ids: Sequence[UUID]) -> None:
        if shadow.pk in self._proven:
            self._part(shadow, ids)
            return
        with shadows.first_try(shadow) as may:
            if may:
                self._part(shadow, ids)
                self._proven.add(shadow.pk)
        if not may:
            shadows.keep(shadow=shadow, skipped=len(ids))

    def _part(self, shadow: Shadow, ids: Sequence[UUID]) -> None:
        captures = Capture.objects.select_related("image", "prediction").filter(
            pk__in=ids, prediction__model=shadow.champion_id, image__erased_at=None
        )
        rows: list[ShadowPrediction] = []
        reasons: list[str] = []
        served = self._models.get(shadow.model)
        if served is None:
            reasons = [UNREADABLE] * len(ids)
        else:
            for scored in _scored(served, list(captures), reasons):
                rows += _rows(shadow, served, scored)
        shadows.keep(shadow=shadow, rows=rows, failed=len(reasons), why=reasons[-1] if reasons else "")
        if rows:
            self._held.pop(shadow.pk, None)
        elif reasons:
            self._hold(shadow, reasons[-1])

    def _hold(self, shadow: Shadow, why: str) -> None:
        _, before = self._held.get(shadow.pk, (0.0, 0.0))
        seconds = min(before * 2, LONGEST_HOLD_SECONDS) or FIRST_HOLD_SECONDS
        self._held[shadow.pk] = time.monotonic() + seconds, seconds
        logger.error("%s failed in shadow, waiting %g s: %s", shadow.model, seconds, why)


def is_drawn(shadow: Shadow, capture_id: UUID) -> bool:
    """Whether the capture is of the shadow's share: the same however often it is asked, and foreseen by nobody."""
    return sticky_draw(shadow.draw_key.encode(), "shadow", str(capture_id)) < shadow.share


def _scored(served: Served, captures: list[Capture], reasons: list[str]) -> Iterator[Scored]:
    """The captures together or, where that fails, apart; why each that cannot be predicted goes to `reasons`."""
    if not captures:
        return
    try:
        scored = score(served.runtime, captures)
    except Exception as error:
        if len(captures) > 1:
            for capture in captures:
                yield from _scored(served, [capture], reasons)
            return
        reasons.append(f"{type(error).__name__}: {(str(error).strip() or 'no message').splitlines()[0]}")
        return
    reasons += scored.refused.values()
    yield scored


def _rows(shadow: Shadow, served: Served, scored: Scored) -> Iterator[ShadowPrediction]:
    for capture, opinion in opinions.said(served.runtime, scored):
        yield ShadowPrediction(
            shadow=shadow,
            capture_id=capture.pk,
            value=opinion.value,
            scores=opinion.scores,
            confidence=opinion.confidence,
            agrees=alike(opinion.value, capture.prediction.value),
            latency_ms=scored.latency_ms,
        )
