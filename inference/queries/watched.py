"""Predictions of a model as drift detection reads them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from inference.domain.drift.features import STATISTICS, Features
from inference.enums import ModelRuntime
from inference.models import ModelVersion, Prediction
from people.enums import TaskType

NOTHING_THERE = "nothing"
"""The label of a picture in which a detector found nothing."""


@dataclass(frozen=True)
class Seen:
    """Features of predictions and their `ids`, oldest first."""

    ids: list[UUID]
    features: Features

    def of_sources(self, keys: Collection[str]) -> "Seen":
        """Those of the sources with these keys."""
        places = np.flatnonzero([source in keys for source in self.features.sources])
        return Seen([self.ids[place] for place in places], self.features[places])

    def __getitem__(self, chosen: slice) -> "Seen":
        return Seen(self.ids[chosen], self.features[chosen])


def of_model(model: ModelVersion) -> QuerySet[Prediction]:
    """Its predictions that can be watched, oldest first: one of ours has its picture's numbers."""
    rows = Prediction.objects.filter(project_id=model.project_id, model=model).order_by("pk")
    return rows.filter(picture__isnull=False) if _is_ours(model) else rows


def read(model: ModelVersion, *, start: UUID, after: bool, limit: int) -> Seen:
    """The first `limit` of them from `start` on, or after it.

    A model from outside has predicted without us: its pictures' numbers are 0, and say nothing. One without
    embeddings, as a detector is, gives [N, 0].
    """
    rows = of_model(model).filter(**{"pk__gt" if after else "pk__gte": start})[:limit]
    ours = _is_ours(model)
    embedded = ours and model.project.task_type == TaskType.CLASSIFICATION
    names = ["pk", "value", "confidence", "capture__source__key"]
    names += ["picture__numbers"] if ours else []
    names += ["embedding__vector"] if embedded else []
    found = [row for row in rows.values(*names) if not embedded or row["embedding__vector"] is not None]
    count = len(found)
    return Seen(
        [row["pk"] for row in found],
        Features.of(
            statistics=np.array([row["picture__numbers"] for row in found], dtype=np.float64).reshape(
                count, len(STATISTICS)
            )
            if ours
            else np.zeros((count, len(STATISTICS))),
            confidences=np.array([row["confidence"] for row in found], dtype=np.float64),
            labels=_keys(found),
            embeddings=np.array([row["embedding__vector"] for row in found], dtype=np.float32)
            if embedded and count
            else np.zeros((count, 0)),
            sources=[row["capture__source__key"] for row in found],
        ),
    )


def _is_ours(model: ModelVersion) -> bool:
    return model.runtime == ModelRuntime.ONNX.value


def _keys(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [next(_labels(row["value"]), NOTHING_THERE) for row in rows]


def _labels(value: dict[str, Any]) -> Iterator[str]:
    """The label; of several regions the surest one's, which stands first."""
    if "label" in value:
        yield value["label"]
    for region in value.get("regions", []):
        yield region["label"]
