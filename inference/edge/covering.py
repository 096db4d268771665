"""Faces and number plates filled before a picture leaves the device, where the project says so."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from inference.edge.champion import Champion
from labeling.identifying import CannotFind, Finder, redacted

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 60.0


class Cover:
    """Covers what a champion's manifest asks for. For one thread's use."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._of: tuple[tuple[str, ...], bytes | None] | None = None
        self._finder: Finder | None = None
        self._next = monotonic()

    def can(self, champion: Champion) -> bool:
        """Whether all that is asked for can be covered: else nothing may be taken in, which is logged each minute."""
        asked = champion.blurs, champion.face_detector
        if not champion.blurs or asked == self._of:
            return True
        if self._monotonic() < self._next:
            return False
        try:
            self._finder = Finder(*asked)
        except CannotFind as error:
            logger.error("nothing is taken in, for the project has pictures covered first: %s", error)
            self._next = self._monotonic() + AGAIN_SECONDS
            return False
        self._of = asked
        return True

    def covered(self, champion: Champion, data: bytes) -> bytes:
        """The picture as it may leave, `data` itself where nothing is found or asked for; `can` was true of the
        champion. Raises labeling.imagefile.ImageRefused."""
        if not champion.blurs or self._finder is None:
            return data
        return redacted(data, self._finder)[0]
