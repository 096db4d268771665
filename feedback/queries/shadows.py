"""How a model in shadow does beside the champion: both errors on the captures that people verified."""

from dataclasses import asdict, dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection

from feedback.domain.paired import ENOUGH, Paired, Place, compare
from feedback.queries.scale import from_json
from inference.domain.alike import alike
from inference.models import ModelVersion, Shadow
from inference.queries import shadows

MOST_SEEN = 100_000
"""Of more captures than these the newest are compared, so that the page's time is bounded."""
MOST_VERIFIED = 20_000
KEPT_SECONDS = 60
# What is told apart of the champion's predictions is what `queries.production` tells apart.
TOLD = """
WITH seen AS (
    SELECT capture_id, value, agrees FROM inference_shadowprediction
    WHERE shadow_id = %(shadow)s ORDER BY id DESC LIMIT %(most)s
), told AS (
    SELECT decision.id, decision.capture_id, decision.burst, decision.action <> 'accept' AS shown,
           prediction.value AS champions, seen.value AS challengers, decision.action <> 'review' AS passed,
           decision.inclusion_probability AS inclusion, seen.agrees,
           CASE WHEN decision.action = 'review' THEN least(floor(prediction.confidence * 10), 9)::int ELSE 0 END AS part
    FROM seen JOIN feedback_routingdecision AS decision
      ON decision.capture_id = seen.capture_id AND decision.action <> 'set_aside'
    JOIN inference_prediction AS prediction ON prediction.id = decision.prediction_id
)
"""
SIZES = f"{TOLD} SELECT passed, inclusion, agrees, part, count(*) FROM told GROUP BY 1, 2, 3, 4"
VERIFIED = f"""{TOLD}
SELECT told.passed, told.inclusion, told.agrees, told.part, told.burst, told.champions, told.challengers, truth.value
FROM told JOIN inference_capture AS capture ON capture.id = told.capture_id AND told.shown
JOIN labeling_resolution AS truth
  ON truth.image_id = capture.image_id AND truth.replaced_at IS NULL AND truth.value IS NOT NULL
 AND truth.by <> 'imported'
ORDER BY told.id DESC LIMIT %(verified)s
"""


@dataclass(frozen=True)
class Standing:
    """A model's newest shadow and how it compares with the champion that it is beside."""

    shadow: Shadow
    compared: Paired

    @property
    def agreement(self) -> float | None:
        """Of the captures it saw, the share on which it said what the champion said; None before the first."""
        return self.shadow.agreed / self.shadow.seen if self.shadow.seen else None


def standing(model: ModelVersion) -> Standing | None:
    """None where the model never ran in shadow. The comparison is a minute old at most."""
    shadow = shadows.latest(model)
    if shadow is None:
        return None
    compared: Paired = cache.get_or_set(f"shadow.{shadow.pk}", lambda: _compared(shadow), KEPT_SECONDS)
    return Standing(shadow, compared)


def as_json(found: Standing) -> dict[str, Any]:
    """`{captures, verified, enough, unchecked, champion_error, error, difference}`; shares as objects."""
    held = asdict(found.compared)
    return {
        **{name: held[name] for name in ("captures", "verified", "unchecked", "difference")},
        "enough": ENOUGH,
        "champion_error": held["champion"],
        "error": held["challenger"],
    }


def _compared(shadow: Shadow) -> Paired:
    terms: dict[str, Any] = {"shadow": shadow.pk, "most": MOST_SEEN, "verified": MOST_VERIFIED}
    with connection.cursor() as cursor:
        cursor.execute(SIZES, terms)
        sizes = {Place(*row[:4]): row[4] for row in cursor.fetchall()}
        cursor.execute(VERIFIED, terms)
        rows = cursor.fetchall()
    bursts: set[str] = set()
    verified = []
    for passed, inclusion, agrees, part, burst, champions, challengers, truth in rows:
        # The pictures of one burst show the same thing.
        if burst and burst in bursts:
            continue
        bursts.add(burst)
        held = from_json(truth)
        place = Place(passed, inclusion, agrees, part)
        verified.append((place, alike(from_json(champions), held), alike(from_json(challengers), held)))
    return compare(sizes, verified)
