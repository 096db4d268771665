"""What people verified of what models said, and what they are still to verify: what thresholds are certified from."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from feedback.domain import pace
from feedback.domain.line import Item
from feedback.models import RoutingDecision, RoutingPolicy
from feedback.queries.scale import Scale, from_json
from inference.domain.cells import labels_of, same, slice_of
from inference.enums import Action
from labeling.models import Resolution
from people.models import Project
from people.queries.ids import id_floor

MOST_ROWS = 100_000
"""Older evidence is forgotten, and so is the trust of a cell whose next answer is older."""

CHUNK = 5_000
START = UUID(int=0)

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
# What is open is waited for; what nobody could tell, or is asked any more, is passed over. What people disagreed about
# where nobody decides is held against the model.
AWAITED = """
SELECT decision.id, decision.policy_id, decision.action, decision.draw, decision.sampled, decision.watched,
       decision.burst, prediction.model_id, prediction.confidence, prediction.value, truth.value, source.key,
       coalesce(site.key, ''), capture.context, prediction.calibration_id, prediction.scores,
       CASE WHEN truth.value IS NOT NULL AND truth.by <> 'imported' THEN 'known'
            WHEN EXISTS (
              SELECT FROM labeling_task AS task
              LEFT JOIN labeling_pendingconsensus AS pending ON pending.task_id = task.id
              WHERE task.image_id = capture.image_id AND task.gold_id IS NULL
                AND (task.state = 'open' OR pending.task_id IS NOT NULL)) THEN 'open'
            WHEN truth.id IS NULL AND EXISTS (
              SELECT FROM labeling_task AS task
              WHERE task.image_id = capture.image_id AND task.gold_id IS NULL
                AND task.state = 'resolved') THEN 'disputed'
            ELSE 'over' END AS standing
FROM feedback_routingdecision AS decision
JOIN inference_prediction AS prediction ON prediction.id = decision.prediction_id
JOIN inference_modelversion AS model ON model.id = prediction.model_id AND model.stage <> 'retired'
JOIN inference_capture AS capture ON capture.id = decision.capture_id
JOIN labeling_source AS source ON source.id = capture.source_id
LEFT JOIN people_site AS site ON site.id = source.site_id
LEFT JOIN labeling_resolution AS truth ON truth.image_id = capture.image_id AND truth.replaced_at IS NULL
WHERE decision.project_id = %s AND decision.awaited AND decision.id > %s
ORDER BY decision.id LIMIT %s
"""
CORRECTED = """
SELECT prediction.model_id, decision.id
FROM labeling_resolution AS truth
JOIN inference_capture AS capture ON capture.image_id = truth.image_id
JOIN feedback_routingdecision AS decision ON decision.capture_id = capture.id AND decision.awaited
JOIN inference_prediction AS prediction ON prediction.id = decision.prediction_id
WHERE truth.project_id = %s AND truth.id > %s AND truth.created_at > %s
  AND EXISTS (SELECT FROM labeling_resolution AS before
              WHERE before.image_id = truth.image_id AND before.replaced_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A decision whose answer is awaited, and where it belongs. `burst` is "" for a picture by itself."""

    decision_id: UUID
    model_id: UUID
    slice: str
    labels: tuple[str, ...]
    burst: str
    item: Item


def floor_of(project: Project) -> UUID:
    """The decision before the newest MOST_ROWS that are evidence; START where there are fewer."""
    rows = RoutingDecision.objects.filter(project_id=project.pk, awaited=True).order_by("-id")
    held: UUID | None = rows.values_list("id", flat=True)[MOST_ROWS : MOST_ROWS + 1].first()
    return held or START


def lines(policy: RoutingPolicy, after: UUID) -> Iterator[Line]:
    """What is evidence for `policy`, in the order of the decisions, from the one after `after` on.

    Decisions under earlier policies count too: what a model said and whose draw it was do not depend on the policy's
    words. Where that one divided the stream into other cells, only the share that it audited of everything counts,
    for that alone was drawn from all of it alike.
    """
    policies = {each.pk: each for each in RoutingPolicy.objects.filter(project_id=policy.project_id)}
    while True:
        with connection.cursor() as cursor:
            cursor.execute(AWAITED, [policy.project_id, after, CHUNK])
            rows = cursor.fetchall()
        scale = Scale((row[7], row[14]) for row in rows)
        for row in rows:
            said, held, standing = from_json(row[9]), from_json(row[10]), row[16]
            made_by = policies[row[1]]
            sampled, watched = row[4], row[5]
            if made_by.error_budget is not None and not same_cells(made_by, policy):
                sampled = watched = min(sampled, made_by.audit_share)
            if standing == "over" or row[3] >= max(sampled, watched):
                continue
            item = Item(
                confidence=scale.today(row[7], row[14], row[8], said, row[15]),
                wrong={"open": None, "disputed": True}[standing]
                if standing != "known"
                else not same(said, held),
                accepted=row[2] != Action.REVIEW,
                draw=row[3],
                sampled=sampled,
                watched=watched,
                # By hand, reviews are asked by their worth alone.
                first=pace.asked_first(row[5]) if made_by.error_budget is not None else 0.0,
            )
            part = slice_of(policy.slice_by, source=row[11], site=row[12], context=from_json(row[13]))
            yield Line(row[0], row[7], part, tuple(labels_of(said)), _short(row[6]), item)
        if len(rows) < CHUNK:
            return
        after = rows[-1][0]


def same_cells(one: RoutingPolicy, other: RoutingPolicy) -> bool:
    """Whether both divide the stream alike into what earns its trust apart."""
    return _cells(one) == _cells(other)


def corrected(project: Project, since: Any) -> Mapping[UUID, list[UUID]]:
    """By model the decisions that are evidence and whose answer was replaced after the moment `since`."""
    found: dict[UUID, list[UUID]] = {}
    newer = Resolution.objects.filter(project=project, pk__gt=id_floor(since), created_at__gt=since)
    if not newer.exists():
        return found
    with connection.cursor() as cursor:
        cursor.execute(CORRECTED, [project.pk, id_floor(since), since])
        for model_id, decision_id in cursor.fetchall():
            found.setdefault(model_id, []).append(decision_id)
    return found


def _cells(policy: RoutingPolicy) -> tuple[str, frozenset[str]]:
    own = (label for label, rule in policy.label_rules.items() if "error_budget" in rule)
    return policy.slice_by, frozenset(own)


def _short(burst: str) -> str:
    return hashlib.blake2b(burst.encode(), digest_size=6).hexdigest() if burst else ""
