"""One batch: pending captures locked, decoded, predicted, stored and told of, in one transaction."""

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from inference.enums import CaptureState
from inference.models import Capture, ModelVersion, PictureStatistics, Prediction
from inference.queries import captures as queries
from inference.services import embeddings
from inference.services.forgetting import forget_decoded
from inference.services.forming import Formed, form_all
from inference.services.loaded import Served
from inference.services.models import external_model
from inference.signals import captures_predicted
from people.services.announcements import announce, project_topic
from people.services.inserts import insert

LARGEST_BATCH = 96
"""Fewer than an announcement has room to name: past that everybody who waits for a capture asks for theirs."""
NAMELESS = "external"
"""The model of a prediction that came without a name."""


@dataclass(frozen=True)
class Outcome:
    """What a batch came to. `tried` are captures left alone because an earlier try of theirs went wrong, `by_model`
    those of the predicted whose prediction is the champion's."""

    predicted: int = 0
    failed: int = 0
    tried: tuple[UUID, ...] = ()
    seconds: float = 0.0
    by_model: tuple[UUID, ...] = ()


class BatchFailed(Exception):
    """Nothing of the batch was kept; `ids` were in it, `__cause__` is why."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        super().__init__(f"a batch of {len(ids)} failed")
        self.ids = list(ids)


@transaction.atomic
def predict(
    *,
    project_id: UUID,
    served: Served | None,
    workers: Executor,
    parts: int = 1,
    limit: int = LARGEST_BATCH,
    ids: Sequence[UUID] | None = None,
) -> Outcome:
    """Predict up to `limit` of the project's pending captures, oldest first, or those of `ids` still pending.

    `workers` decode and score them, in `parts` parts or, so that none has more than PART, in more.
    A file that cannot be decoded makes a failed capture with the reason. Without `served` only captures that
    brought a prediction are taken. Captures tried before are taken by `ids` alone. Raises BatchFailed, with
    nothing kept, for anything else that goes wrong, an exception in a receiver of the signal included.
    """
    begun = time.monotonic()
    with connection.cursor() as cursor:
        # Decoding the largest pictures takes longer than a forgotten transaction may.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
    servable = served is not None
    tried: tuple[UUID, ...] = ()
    if ids is None:
        captures = queries.untried(project_id, servable=servable, limit=limit)
        # Left unlocked: somebody may be about to try one whose attempt is counted, and would miss it.
        tried = tuple(queries.tried(project_id, servable=servable, limit=limit))
    else:
        captures = list(queries.waiting(project_id, servable=servable).filter(pk__in=ids))
    if not captures:
        return Outcome(tried=tried)
    try:
        predictions, failures = _predict(project_id, served, captures, workers, parts)
    except Exception as error:
        raise BatchFailed([capture.pk for capture in captures]) from error
    covered = [capture.image for capture in captures if capture.image.redacted]
    if covered:
        # Only the model was to see what is filled in the image that is kept.
        transaction.on_commit(lambda: [forget_decoded(image) for image in covered])
    return Outcome(
        len(predictions),
        len(failures),
        tried,
        time.monotonic() - begun,
        tuple(made.capture_id for made in predictions if served and made.model_id == served.model.pk),
    )


def _predict(
    project_id: UUID, served: Served | None, captures: Sequence[Capture], workers: Executor, parts: int
) -> tuple[list[Prediction], dict[UUID, str]]:
    predictions = _external([capture for capture in captures if capture.external])
    own = [capture for capture in captures if not capture.external]
    formed = form_all(served, own, workers, parts) if served is not None else Formed()
    predictions += formed.predictions
    failures = formed.failures
    insert(predictions)
    insert(
        PictureStatistics(prediction=prediction, numbers=formed.pictures[prediction.capture_id].tolist())
        for prediction in predictions
        if prediction.capture_id in formed.pictures
    )
    embeddings.store([(pk, vector) for pk, vector in formed.vectors if vector is not None])
    now = timezone.now()
    done = [prediction.capture_id for prediction in predictions]
    Capture.objects.filter(pk__in=done).update(state=CaptureState.PREDICTED, finished_at=now, failure="")
    for prediction in predictions:
        prediction.capture.state, prediction.capture.finished_at = CaptureState.PREDICTED.value, now
    for pk, reason in failures.items():
        Capture.objects.filter(pk=pk).update(state=CaptureState.FAILED, failure=reason, finished_at=now)
    if predictions:
        captures_predicted.send(sender=Prediction, predictions=predictions)
    announce(project_topic(project_id), "captures.finished", [capture.pk for capture in captures])
    return predictions, failures


def _external(captures: Sequence[Capture]) -> list[Prediction]:
    """The predictions that came with the captures, under the model versions of those names, or the very ones."""
    given = {capture.pk: dict(capture.external) for capture in captures}
    devices = {pk: proposal.pop("edge") for pk, proposal in given.items() if "edge" in proposal}
    named = {pk: proposal.pop("model", NAMELESS) for pk, proposal in given.items() if pk not in devices}
    models = {
        name: external_model(project=captures[0].project, name=name) for name in sorted(set(named.values()))
    }
    # What a device of ours said is the model's own word, wherever it ran.
    ours = ModelVersion.objects.in_bulk({UUID(said["model"]) for said in devices.values()})
    predictions = []
    for capture in captures:
        value, said = given[capture.pk], devices.get(capture.pk, {})
        confidence, scores = value.pop("confidence"), value.pop("scores", {})
        predictions.append(
            Prediction(
                project_id=capture.project_id,
                capture=capture,
                model=ours[UUID(said["model"])] if said else models[named[capture.pk]],
                value=value,
                scores=scores,
                confidence=confidence,
                raw_confidence=said.get("raw_confidence", confidence),
                uncertainty=said.get("uncertainty"),
                disagreement=said.get("disagreement"),
                novelty=said.get("novelty"),
                calibration_id=said.get("calibration"),
                latency_ms=said.get("latency_ms", 0),
            )
        )
    return predictions
