"""What is known of a model beside its file, and what it makes of the model's predictions: calibration and novelty."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from inference.domain.novelty import Known, novelty
from inference.domain.opinions import recalibrate
from inference.models import Calibration, ModelVersion, Prediction
from inference.queries import calibrations
from inference.services import known

logger = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
"""A new calibration is in force within so long, and half a batch."""


@dataclass(frozen=True)
class Adjustment:
    """A model's calibration in force and what it learnt from; None where there is none."""

    calibration: Calibration | None = None
    known: Known | None = None


class Adjustments:
    """The adjustments of the models that one process serves. For one thread's use."""

    def __init__(self) -> None:
        self._calibrations: dict[UUID, tuple[float, Calibration | None]] = {}
        self._known: dict[UUID, Known | None] = {}

    def of(self, model: ModelVersion) -> Adjustment:
        """The model's own, as of a second ago at most."""
        now = time.monotonic()
        at, calibration = self._calibrations.get(model.pk, (-FRESH_SECONDS, None))
        if now - at >= FRESH_SECONDS:
            calibration = calibrations.newest(model.pk)
            self._calibrations[model.pk] = now, calibration
        if model.pk not in self._known:
            self._known[model.pk] = _read(model)
        return Adjustment(calibration, self._known[model.pk])

    def forget(self, model: UUID) -> None:
        """The model is not served any more."""
        self._known.pop(model, None)
        self._calibrations.pop(model, None)


def adjust(
    adjustment: Adjustment, predictions: Sequence[Prediction], embeddings: Sequence[np.ndarray | None]
) -> None:
    """Bring unsaved predictions to the calibration in force, and say how strange each picture is by its embedding
    [D]."""
    if adjustment.calibration is not None:
        for prediction in predictions:
            prediction.calibration_id = adjustment.calibration.pk
            recalibrate(prediction, adjustment.calibration.temperature)
    rows = [i for i, vector in enumerate(embeddings) if vector is not None]
    if adjustment.known is not None and rows:
        found = novelty(adjustment.known, np.stack([np.asarray(embeddings[i]) for i in rows]))
        for i, share in zip(rows, found.shares, strict=True):
            predictions[i].novelty = float(share)


def _read(model: ModelVersion) -> Known | None:
    try:
        return known.read(model)
    except (OSError, ValueError) as error:
        # Without it pictures are not called strange: where the policy has a limit, people see those without a number.
        logger.error("what %s learnt from cannot be read: %s", model, error)
        return None
