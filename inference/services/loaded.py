"""The models one process has in memory, the least recently used leaving first."""

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from inference import runtimes
from inference.models import ModelVersion
from inference.services.adjusting import Adjustment, Adjustments
from inference.services.files import read_bytes

logger = logging.getLogger(__name__)

MOST_MODELS = 4
RETRY_SECONDS = 10.0


@dataclass(frozen=True)
class Served:
    """A model version and its loaded self."""

    model: ModelVersion
    runtime: runtimes.Runtime
    adjustment: Adjustment


class LoadedModels:
    """At most `most` models, each running on `threads` threads. For one thread's use."""

    def __init__(self, *, threads: int, most: int = MOST_MODELS) -> None:
        self._threads, self._most = threads, most
        self._loaded: OrderedDict[UUID, runtimes.Runtime] = OrderedDict()
        self._refused: dict[UUID, float] = {}
        self._adjustments = Adjustments(most)

    def get(self, model: ModelVersion) -> Served | None:
        """The model, loaded; None where its file cannot be had now, which is logged and tried again later."""
        runtime = self._loaded.get(model.pk)
        if runtime is None:
            if time.monotonic() < self._refused.get(model.pk, 0):
                return None
            try:
                runtime = runtimes.load(model.runtime, read_bytes(model.key), threads=self._threads)
            except (runtimes.RuntimeRefused, OSError) as error:
                logger.error("%s (%s) cannot be loaded, its captures wait: %s", model, model.key, error)
                self._refused[model.pk] = time.monotonic() + RETRY_SECONDS
                return None
            self._refused.pop(model.pk, None)
            self._loaded[model.pk] = runtime
            logger.info("loaded %s of project %s", model, model.project_id)
        self._loaded.move_to_end(model.pk)
        while len(self._loaded) > self._most:
            self._loaded.popitem(last=False)
        return Served(model, runtime, self._adjustments.of(model))
