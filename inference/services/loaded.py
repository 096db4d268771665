"""The models one process has in memory, within so many bytes, the least recently used leaving first."""

import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.conf import settings

from inference import runtimes
from inference.models import ModelVersion
from inference.queries import site_trials
from inference.services.adjusting import Adjustment, Adjustments
from inference.services.files import of_model

logger = logging.getLogger(__name__)

IN_MEMORY = 1.5
"""Times its files' bytes a model takes: a ResNet-18 of 43 MB held 55 MB when loaded and 64 MB after a batch of 16."""
RETRY_SECONDS = 10.0


@dataclass(frozen=True)
class Served:
    """A model version and its loaded self; `at_sites` are those that serve in its place at single sites."""

    model: ModelVersion
    runtime: runtimes.Runtime
    adjustment: Adjustment
    at_sites: Mapping[int, "Served"] = field(default_factory=dict)


@dataclass(frozen=True)
class _Held:
    runtime: runtimes.Runtime
    bytes: int


class LoadedModels:
    """Models that together take at most `most_bytes`, or one alone, each running on `threads` threads.

    For one thread's use.
    """

    def __init__(self, *, threads: int, most_bytes: int | None = None) -> None:
        self._threads = threads
        self._most_bytes = settings.MOST_MODEL_BYTES if most_bytes is None else most_bytes
        self._loaded: OrderedDict[UUID, _Held] = OrderedDict()
        self._refused: dict[UUID, float] = {}
        self._adjustments = Adjustments()

    @property
    def bytes(self) -> int:
        """What they are taken to hold of this process's memory."""
        return sum(held.bytes for held in self._loaded.values())

    def get(self, model: ModelVersion) -> Served | None:
        """The model, loaded; None where its files cannot be had now, which is logged and tried again later."""
        if model.pk not in self._loaded and not self._load(model):
            return None
        self._loaded.move_to_end(model.pk)
        served = Served(model, self._loaded[model.pk].runtime, self._adjustments.of(model))
        while len(self._loaded) > 1 and self.bytes > self._most_bytes:
            gone, _ = self._loaded.popitem(last=False)
            self._adjustments.forget(gone)
        return served

    def get_for(self, project: UUID, champion: ModelVersion) -> Served | None:
        """The champion, with what serves at single sites: where such a model cannot be had the champion does."""
        served = self.get(champion)
        if served is None:
            return None
        there = {trial.site_id: self.get(trial.model) for trial in site_trials.serving(project)}
        return replace(served, at_sites={site: found for site, found in there.items() if found is not None})

    def _load(self, model: ModelVersion) -> bool:
        if time.monotonic() < self._refused.get(model.pk, 0):
            return False
        try:
            files = of_model(model)
            runtime = runtimes.ensemble(model.runtime, files, threads=self._threads)
            known = self._adjustments.of(model).known
        except (runtimes.RuntimeRefused, OSError) as error:
            logger.error("%s (%s) cannot be loaded, its captures wait: %s", model, model.key, error)
            self._refused[model.pk] = time.monotonic() + RETRY_SECONDS
            return False
        self._refused.pop(model.pk, None)
        vectors = known.vectors.nbytes if known else 0
        self._loaded[model.pk] = _Held(runtime, int(IN_MEMORY * sum(map(len, files))) + vectors)
        logger.info("loaded %s of project %s", model, model.project_id)
        return True
