"""What the models say of a batch: each capture by what serves at its site, and by the champion where that raises."""

import logging
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from inference.models import Capture, Prediction
from inference.services import adjusting, opinions, site_trials
from inference.services.loaded import Served
from inference.services.scoring import PART, score

logger = logging.getLogger(__name__)


@dataclass
class Formed:
    """Unsaved predictions, the embedding [D] of each that has one by its key, why captures failed, and the numbers of
    the pictures [K], both by the capture's id."""

    predictions: list[Prediction] = field(default_factory=list)
    vectors: list[tuple[UUID, np.ndarray | None]] = field(default_factory=list)
    failures: dict[UUID, str] = field(default_factory=dict)
    pictures: dict[UUID, np.ndarray] = field(default_factory=dict)

    def add(self, other: "Formed") -> None:
        """Take in what another says of other captures."""
        self.predictions += other.predictions
        self.vectors += other.vectors
        self.failures |= other.failures
        self.pictures |= other.pictures


def form_all(served: Served, captures: Sequence[Capture], workers: Executor, parts: int) -> Formed:
    """Predict the captures, none of which is stored yet. Call it in the transaction that stores them.

    Where a model on trial raises and the champion does not, the champion's predictions stand and the trial is over.
    Raises what the champion raises, and OSError of a file that cannot be read now: that is no model's fault.
    """
    made = Formed()
    for each, part in _by_model(served, captures):
        try:
            made.add(_formed(each, part, workers, parts))
        except OSError:
            raise
        except Exception as error:
            if each is served:
                raise
            made.add(_formed(served, part, workers, parts))
            logger.exception("%s raised where it is on trial: its trials are over", each.model)
            site_trials.give_up(model=each.model, error=error)
    return made


def _formed(served: Served, captures: Sequence[Capture], workers: Executor, parts: int) -> Formed:
    """What this model alone says of the captures."""
    made = Formed()
    formed = list(_own(served, captures, workers, parts, made))
    adjusting.adjust(served.adjustment, [each for each, _ in formed], [vector for _, vector in formed])
    made.predictions = [prediction for prediction, _ in formed]
    made.vectors = [(prediction.pk, vector) for prediction, vector in formed]
    return made


def _by_model(served: Served, captures: Sequence[Capture]) -> Iterator[tuple[Served, list[Capture]]]:
    """The captures by what serves at their site, in order: one part where nothing is on trial."""
    if not served.at_sites:
        yield served, list(captures)
        return
    parts: dict[UUID, tuple[Served, list[Capture]]] = {}
    for capture in captures:
        each = served.at_sites.get(capture.source.site_id, served)
        parts.setdefault(each.model.pk, (each, []))[1].append(capture)
    yield from parts.values()


def _own(
    served: Served,
    captures: Sequence[Capture],
    workers: Executor,
    parts: int,
    into: Formed,
) -> Iterator[tuple[Prediction, np.ndarray | None]]:
    """Each capture's prediction and embedding [D], if it has one; what cannot be decoded, and the numbers of what
    can, go `into` the others."""
    size = max(1, min(PART, math.ceil(len(captures) / parts)))
    futures = [
        workers.submit(score, served.runtime, captures[start : start + size])
        for start in range(0, len(captures), size)
    ]
    try:
        for future in futures:
            part = future.result()
            into.failures.update(part.refused)
            into.pictures.update(
                {capture.pk: row for capture, row in zip(part.captures, part.numbers, strict=True)}
            )
            yield from opinions.form(model=served.model, runtime=served.runtime, scored=part)
    finally:
        for future in futures:
            future.cancel()
