"""Confidences of predictions made under different calibrations, all as the one in force would give them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import numpy as np

from inference.domain.calibration import rescaled, rescaled_confidence
from inference.queries import calibrations


class Scale:
    """Knows the temperatures of the (model id, calibration id or None) of some predictions, and those in force."""

    def __init__(self, made_by: Iterable[tuple[UUID, UUID | None]]) -> None:
        pairs = set(made_by)
        self._then = calibrations.temperatures(calibration for _, calibration in pairs)
        self._now = calibrations.in_force(model for model, _ in pairs)

    def own(self, model_id: UUID, calibration_id: UUID | None) -> float:
        """What brings scores from how they are kept back to the model's own, as a temperature."""
        return 1 / self._then.get(calibration_id, calibrations.OWN)

    def today(
        self,
        model_id: UUID,
        calibration_id: UUID | None,
        confidence: float,
        value: Mapping[str, Any],
        scores: Any,
    ) -> float:
        """The confidence, 0..1, at the temperature in force: of boxes and where no scores are kept by itself."""
        change = self._now[model_id] * self.own(model_id, calibration_id)
        if change == 1:
            return confidence
        scores = from_json(scores)
        if value.get("label") not in scores:
            return float(rescaled_confidence(np.array([confidence]), change)[0])
        keys = list(scores)
        return float(
            rescaled(np.array([[scores[key] for key in keys]]), change)[0, keys.index(value["label"])]
        )


def from_json(held: Any) -> Any:
    """A jsonb column read past the ORM comes as text."""
    return json.loads(held) if isinstance(held, str) else held
