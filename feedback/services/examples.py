"""Turning what the project holds true into training data, in the transaction that found it true."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from feedback.enums import DatasetState
from feedback.models import DatasetMember, Example, RoutingDecision
from inference.models import Prediction
from labeling.models import Answer, Resolution
from labeling.services.answers import UndoRefused


@transaction.atomic(savepoint=False)
def learn(*, resolutions: Sequence[Resolution], replaced: Sequence[Resolution] = ()) -> None:
    """An example for each resolution that says something; those of the replaced ones are so no more.

    A replaced example stays for the datasets that hold it. "Can't tell" teaches nothing.
    """
    if replaced:
        Example.objects.filter(resolution__in=replaced, replaced_at=None).update(replaced_at=timezone.now())
    with_value = [resolution for resolution in resolutions if resolution.value is not None]
    _copy([resolution.pk for resolution in with_value if resolution.task_id is None])
    Example.objects.bulk_create(
        Example(
            project_id=resolution.project_id,
            image_id=resolution.image_id,
            resolution=resolution,
            value=resolution.value,
            ancestry=_ancestry(resolution),
        )
        for resolution in with_value
        if resolution.task_id is not None
    )


COPY = """
INSERT INTO feedback_example (id, project_id, image_id, resolution_id, value, ancestry, weight)
SELECT made.id, resolution.project_id, resolution.image_id, resolution.id, resolution.value,
       jsonb_build_object('by', resolution.by), 1
FROM unnest(%s::uuid[], %s::uuid[]) AS made (id, resolution)
JOIN labeling_resolution AS resolution ON resolution.id = made.resolution
"""


def _copy(resolutions: Sequence[UUID]) -> None:
    """Examples of resolutions that no task led to, copied where they lie: imports make them by the thousand."""
    if resolutions:
        with connection.cursor() as cursor:
            cursor.execute(COPY, [[uuid7() for _ in resolutions], list(resolutions)])


def _ancestry(resolution: Resolution) -> dict[str, Any]:
    """Where a resolution came from, copied: captures and predictions are deleted in time, this is kept."""
    answers = list(resolution.answers.order_by("id").values("id", "user_id", "guideline__number"))
    ancestry: dict[str, Any] = {
        "by": resolution.by,
        "task": str(resolution.task_id),
        "answers": [str(answer["id"]) for answer in answers],
        "people": sorted({answer["user_id"] for answer in answers}),
        "guidelines": sorted({answer["guideline__number"] for answer in answers} - {None}),
    }
    if resolution.task is not None and (capture := resolution.task.capture_id):
        ancestry["capture"] = str(capture)
        prediction = Prediction.objects.filter(capture=capture).values("id", "model_id").first()
        decision = (
            RoutingDecision.objects.filter(capture_id=capture).values("policy__version", "action").first()
        )
        if prediction:
            ancestry |= {"prediction": str(prediction["id"]), "model": str(prediction["model_id"])}
        if decision:
            ancestry |= {"policy": decision["policy__version"], "action": decision["action"]}
    return ancestry


@transaction.atomic(savepoint=False)
def refuse_undo(*, answers: Sequence[Answer]) -> None:
    """Raise UndoRefused where one of the answers takes back what a dataset holds, or is about to hold."""
    earlier = [answer.supersedes_id for answer in answers if answer.supersedes_id]
    if not earlier:
        return
    # Locked, because a freeze may be adding the example this instant: it waits for this undo, or this sees it.
    examples = Example.objects.filter(resolution__answers__in=earlier, replaced_at=None)
    taken = list(examples.select_for_update(of=("self",)).values_list("pk", flat=True))
    members = DatasetMember.objects.filter(
        example__in=taken, dataset__state__in=[DatasetState.BUILDING.value, DatasetState.FROZEN.value]
    )
    if member := members.select_related("dataset").first():
        raise UndoRefused(
            f"This answer is already part of {member.dataset}, which is frozen: ask your QA lead to correct it."
        )
