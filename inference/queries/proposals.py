"""What the model said of images: as proposals, and as something to choose images by."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from pgvector.django import CosineDistance

from inference.models import Embedding, Prediction
from labeling.domain.image_filters import FieldKind, FilterField
from labeling.domain.values import ValueRefused
from labeling.models import Image
from labeling.registry import Proposed
from people.models import Project

FIELDS = (
    FilterField("predicted", "Model says", FieldKind.LABEL),
    FilterField("confidence_min", "Confidence from", FieldKind.SHARE, "0 to 1."),
    FilterField("confidence_max", "Confidence to", FieldKind.SHARE, "0 to 1."),
    FilterField("similar_to", "Similar to image", FieldKind.IMAGE, "Its id; its page has a link here."),
)


def proposal_of(prediction: Prediction) -> dict[str, Any]:
    """What a person is shown of a prediction: its value, confidence, scores, the model's name and its id."""
    return {
        **prediction.value,
        "confidence": prediction.confidence,
        "scores": prediction.scores,
        "model": str(prediction.model),
        "model_id": str(prediction.model_id),
    }


def latest_proposals(images: Sequence[Image]) -> dict[UUID, Proposed]:
    """By image id, what its latest prediction proposes."""
    latest = (
        Prediction.objects.filter(capture__image__in=images)
        .select_related("model", "capture")
        .order_by("capture__image", "-id")
        .distinct("capture__image")
    )
    return {row.capture.image_id: Proposed(proposal_of(row), row.capture_id) for row in latest}


def predicted(images: QuerySet[Image], project: Project, values: Mapping[str, Any]) -> QuerySet[Image]:
    """The images of which one prediction passes all that is asked of it. Raises ValueRefused naming the field."""
    asked = Q()
    if label := values.get("predicted"):
        if not project.labels.filter(key=label).exists():
            raise ValueRefused({"filters.predicted": [f"{label!r} is not a label of this project."]})
        asked &= Q(value__contains={"label": label}) | Q(value__contains={"regions": [{"label": label}]})
    if (low := values.get("confidence_min")) is not None:
        asked &= Q(confidence__gte=low)
    if (high := values.get("confidence_max")) is not None:
        asked &= Q(confidence__lte=high)
    if not asked:
        return images
    return images.filter(Exists(Prediction.objects.filter(asked, capture__image=OuterRef("pk"))))


def nearest(
    images: QuerySet[Image], project: Project, values: Mapping[str, Any], count: int
) -> list[UUID] | None:
    """The ids of the `count` images nearest to `similar_to` by cosine distance of embeddings, it itself first.

    Embeddings of one model alone can be compared: that of the image's latest prediction. None where nothing is asked.
    """
    wanted = values.get("similar_to")
    if wanted is None:
        return None
    own = (
        Embedding.objects.filter(prediction__capture__image=wanted, prediction__project=project)
        .select_related("prediction")
        .order_by("-prediction_id")
        .first()
    )
    if own is None:
        raise ValueRefused(
            {"filters.similar_to": ["is no image of this project that a model has embedded; choose another."]}
        )
    theirs = Embedding.objects.filter(
        prediction__capture__image=OuterRef("pk"), prediction__model=own.prediction.model_id
    )
    distance = theirs.annotate(apart=CosineDistance("vector", own.vector)).order_by("apart").values("apart")
    near = images.annotate(apart=Subquery(distance[:1])).filter(apart__isnull=False)
    return list(near.order_by("apart", "pk").values_list("pk", flat=True)[:count])
