"""What a model claimed of captures that people resolved, for measuring its confidence and calibrating it anew."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection

from feedback.domain.boxes_right import boxes_right
from feedback.queries.evidence import RESOLVED
from feedback.queries.scale import Scale, from_json
from inference.domain.calibration import rescaled
from inference.domain.recalibration import Verified, figures
from inference.models import Calibration, ModelVersion
from inference.queries import calibrations

MOST_ANSWERS = 10_000
CLAIMED = f"""
SELECT prediction.calibration_id, prediction.value, prediction.scores, prediction.confidence, truth.value,
       decision.inclusion_probability, source.key
{RESOLVED} AND prediction.model_id = %s
ORDER BY decision.id DESC LIMIT %s
"""


def claimed(model: ModelVersion) -> Verified | None:
    """The model's newest verified claims, the oldest of them first, on its own scale; None where there are none.

    A claim is the label of an image, or each proposed box: then it is right or wrong, and so two-sided.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIMED, [model.project_id, model.pk, MOST_ANSWERS])
        rows = cursor.fetchall()[::-1]
    scale = Scale((model.pk, row[0]) for row in rows)
    labels = list(model.labels)
    claims = []
    for calibration, said, scores, confidence, held, inclusion, source in rows:
        said, held, scores = from_json(said), from_json(held), from_json(scores)
        if "regions" in said:
            found = _boxes(said["regions"], held.get("regions", []))
        else:
            found = [_label(said["label"], held.get("label"), scores, confidence, labels)]
        back = scale.own(model.pk, calibration)
        claims += [(rescaled(p[None], back)[0], *rest, 1 / inclusion, source) for p, *rest in found]
    if not claims:
        return None
    width = max(len(claim[0]) for claim in claims)
    # A model without scores claims one label against the rest: two columns where others have one for each label.
    claims = [claim for claim in claims if len(claim[0]) == width]
    probabilities, winners, truths, names, weights, sources = zip(*claims, strict=True)
    return Verified(
        np.stack(probabilities), np.array(winners), np.array(truths), np.array(weights), names, sources
    )


def standing(model: ModelVersion) -> tuple[Calibration | None, dict[str, Any] | None]:
    """The model's calibration in force, and what `recalibration.figures` are under it, None without answers."""
    held, verified = calibrations.newest(model.pk), claimed(model)
    temperature = held.temperature if held else calibrations.OWN
    return held, figures(verified.at(temperature)) if verified else None


def _boxes(proposed: Sequence[dict[str, Any]], held: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    right = boxes_right(proposed, held)
    return [
        (np.array([region["confidence"], 1 - region["confidence"]]), 0, 0 if ok else 1, region["label"])
        for region, ok in zip(proposed, right, strict=True)
        if "confidence" in region
    ]


def _label(
    said: str, held: str | None, scores: dict[str, float], confidence: float, labels: Sequence[str]
) -> tuple[Any, ...]:
    if said not in labels or set(labels) - set(scores):
        return np.array([confidence, 1 - confidence]), 0, 0 if said == held else 1, said
    truth = labels.index(held) if held in labels else -1
    return np.array([scores[label] for label in labels]), labels.index(said), truth, said
