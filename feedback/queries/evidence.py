"""What people verified of what models said: the evidence that thresholds are certified from."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from feedback.domain.cells import labels_of, same, slice_of
from feedback.queries.scale import Scale, from_json
from people.models import Project

MOST_ROWS = 20_000

# Only what the router itself chose to show counts: what was looked at for another reason has no known chance.
# Where a policy audited nothing, what it accepted had no chance at all, and what it reviewed stands for itself alone.
RESOLVED = """
FROM feedback_routingdecision AS decision
JOIN feedback_routingpolicy AS policy ON policy.id = decision.policy_id AND policy.audit_share > 0
JOIN inference_prediction AS prediction ON prediction.id = decision.prediction_id
JOIN inference_capture AS capture ON capture.id = decision.capture_id
JOIN labeling_source AS source ON source.id = capture.source_id
LEFT JOIN people_site AS site ON site.id = source.site_id
JOIN labeling_resolution AS truth
  ON truth.image_id = capture.image_id AND truth.replaced_at IS NULL AND truth.value IS NOT NULL
 AND truth.by <> 'imported'
WHERE decision.project_id = %s AND decision.action <> 'accept' AND decision.inclusion_probability > 0
"""
# A new calibration changes what a confidence means: older ones are brought to it, so that all mean the same.
VERIFIED = f"""
SELECT decision.id, decision.action, decision.inclusion_probability, decision.burst, prediction.model_id,
       prediction.confidence, prediction.value, truth.value, source.key, coalesce(site.key, ''), capture.context,
       prediction.calibration_id, prediction.scores
{RESOLVED}
ORDER BY decision.id DESC LIMIT %s
"""


@dataclass(frozen=True)
class Verified:
    """One prediction that people resolved. Numbers are 0..1."""

    decision_id: UUID
    action: str
    inclusion_probability: float
    model_id: UUID
    confidence: float
    wrong: bool
    slice: str
    labels: tuple[str, ...]


def verified(project: Project, slice_by: str) -> list[Verified]:
    """The newest 20,000, the oldest of them first; of the pictures of one burst by one model the first alone.

    They show the same thing, so that ten of them prove no more than one.
    """
    with connection.cursor() as cursor:
        cursor.execute(VERIFIED, [project.pk, MOST_ROWS])
        rows = cursor.fetchall()
    scale = Scale((row[4], row[11]) for row in rows)
    seen: set[tuple[UUID, str]] = set()
    found = []
    for row in reversed(rows):
        pk, action, inclusion, burst, model_id, confidence, said, held, source, site, context = row[:11]
        if burst and (model_id, burst) in seen:
            continue
        seen.add((model_id, burst))
        said, held, context = from_json(said), from_json(held), from_json(context)
        part = slice_of(slice_by, source=source, site=site, context=context)
        wrong = not same(said, held)
        confidence = scale.today(model_id, row[11], confidence, said, row[12])
        found.append(
            Verified(pk, action, inclusion, model_id, confidence, wrong, part, tuple(labels_of(said)))
        )
    return found
