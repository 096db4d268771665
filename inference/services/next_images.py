"""Which images to ask people about next, by what the champion says of those that nobody has labelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, Exists, OuterRef, QuerySet

from inference.domain.acquisition import STRATEGIES, Pool, StrategyRefused, choose
from inference.models import Embedding, ModelVersion, Prediction
from inference.queries.models import champion
from inference.services import known
from labeling.domain.image_filters import FieldKind, FilterField
from labeling.domain.values import ValueRefused
from labeling.enums import TaskState
from labeling.models import Image, Resolution, Task
from people.models import Project

MOST_RANKED = 20_000
"""The newest predictions so many, of which the choice is made: the probabilities of all of them are held at once."""

STRATEGY, LIKE = "strategy", "like"
FIELDS = (
    FilterField(
        STRATEGY,
        "Which teach the model most",
        FieldKind.OPTION,
        "Of images nobody was asked about, that the champion predicted.",
        tuple((each.name, each.title) for each in STRATEGIES.values()),
        "Do not ask",
    ),
    FilterField(LIKE, "Like these images", FieldKind.IMAGES, "Their ids, with Like these above."),
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An image worth asking about, and the probabilities of the champion's labels that made it so."""

    image_id: UUID
    scores: dict[str, float]


def ranked(
    images: QuerySet[Image],
    project: Project,
    strategy: str,
    count: int,
    *,
    like: Sequence[str] = (),
    seed: int = 0,
) -> list[Ranked]:
    """Up to `count` of the images, the one most worth asking about first; `like` are ids for the strategy like_these.

    Images that wait in some queue already are left out. Raises ValueRefused where the project has no champion, or the
    strategy lacks what it needs.
    """
    model = champion(project)
    if model is None:
        raise ValueRefused({f"filters.{STRATEGY}": ["needs a model in service; this project has none."]})
    waiting = Task.objects.filter(image=OuterRef("pk"), state=TaskState.OPEN, gold=None)
    rows = _latest(images.filter(~Exists(waiting)), model)
    if not rows:
        return []
    try:
        pool = _pool(rows, model, project, STRATEGIES[strategy].needs, like)
        places = choose(strategy, pool, count, np.random.default_rng(seed))
    except StrategyRefused as refused:
        raise ValueRefused({f"filters.{STRATEGY}": [str(refused)]}) from None
    return [Ranked(rows[at].capture.image_id, rows[at].scores) for at in places]


def unchanged(images: QuerySet[Image], project: Project, values: Mapping[str, Any]) -> QuerySet[Image]:
    """The images as they are: a strategy ranks, and keeps none out."""
    return images


def chosen(
    images: QuerySet[Image], project: Project, values: Mapping[str, Any], count: int
) -> list[UUID] | None:
    """The ids of the `count` images most worth asking about; None where no strategy is asked for."""
    strategy = values.get(STRATEGY)
    if strategy is None:
        return None
    found = ranked(images, project, strategy, count, like=values.get(LIKE, ()), seed=values.get("seed", 0))
    return [one.image_id for one in found]


def _latest(images: QuerySet[Image], model: ModelVersion) -> list[Prediction]:
    """The model's newest prediction of each image, the newest first."""
    rows = (
        Prediction.objects.filter(model=model, capture__image__in=images)
        .select_related("capture")
        .order_by("-id")[:MOST_RANKED]
    )
    seen: dict[UUID, Prediction] = {}
    for row in rows:
        seen.setdefault(row.capture.image_id, row)
    return list(seen.values())


def _pool(
    rows: Sequence[Prediction],
    model: ModelVersion,
    project: Project,
    needs: Sequence[str],
    like: Sequence[str],
) -> Pool:
    """What is known of the predicted images: of the costly things only what the strategy needs."""
    scored = all(set(row.scores) >= set(model.labels) for row in rows) and len(model.labels) >= 2
    if scored:
        probabilities = np.array([[row.scores[label] for label in model.labels] for row in rows])
    else:
        # Boxes, or somebody else's model: whether it is right is all that there is a probability for.
        probabilities = np.array([[row.confidence, 1 - row.confidence] for row in rows])
    disagreement = None
    if all(row.disagreement is not None for row in rows):
        disagreement = np.array([row.disagreement for row in rows], dtype=np.float64)
    embeddings = _embeddings([row.pk for row in rows]) if "embeddings" in needs else None
    learned = known.read(model) if embeddings is not None and "examples" not in needs else None
    return Pool(
        probabilities=probabilities,
        disagreement=disagreement,
        embeddings=embeddings,
        labelled=None if learned is None else learned.vectors,
        examples=_examples(like, model) if "examples" in needs else None,
        counts=_counts(project, model.labels) if scored and "counts" in needs else None,
    )


def _embeddings(predictions: Sequence[UUID]) -> np.ndarray | None:
    """Embeddings [N, D] in the order of the predictions; None unless each has one."""
    stored = Embedding.objects.filter(prediction__in=predictions).values_list("prediction_id", "vector")
    found = dict(stored)
    if len(found) < len(predictions):
        return None
    return np.array([found[pk] for pk in predictions], dtype=np.float64)


def _examples(images: Sequence[str], model: ModelVersion) -> np.ndarray | None:
    stored = Embedding.objects.filter(
        prediction__model=model, prediction__capture__image__in=[UUID(one) for one in images]
    ).values_list("vector", flat=True)
    found = list(stored)
    return np.array(found, dtype=np.float64) if found else None


def _counts(project: Project, labels: Sequence[str]) -> np.ndarray:
    """How many images are held to have each of the labels."""
    held = (
        Resolution.objects.filter(project=project, replaced_at=None, value__label__in=list(labels))
        .values_list("value__label")
        .annotate(images=Count("pk"))
        .order_by()
    )
    found = dict(held)
    return np.array([found.get(label, 0) for label in labels], dtype=np.float64)
