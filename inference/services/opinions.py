"""From what a model's runtime gives out to what the model said of each capture, not yet stored."""

from collections.abc import Iterator, Sequence

import numpy as np

from inference.domain.opinions import Opinion, of_boxes, of_scores
from inference.models import Capture, ModelVersion, Prediction
from inference.runtimes import Found, Runtime, Scores


def form(
    *,
    model: ModelVersion,
    labels: Sequence[str],
    captures: Sequence[Capture],
    scores: Scores,
    latency_ms: float,
) -> Iterator[tuple[Prediction, np.ndarray]]:
    """Each capture's unsaved prediction and its embedding [D], in order.

    `labels` are the C columns of `scores`, whose N rows are the captures'; `latency_ms` is one capture's share.
    """
    said = of_scores(labels, scores.probabilities, scores.raw_probabilities, scores.disagreement)
    for capture, opinion, embedding in zip(captures, said, scores.embeddings, strict=True):
        yield _prediction(model, capture, opinion, latency_ms), embedding


def form_boxes(
    *,
    model: ModelVersion,
    runtime: Runtime,
    captures: Sequence[Capture],
    found: Sequence[Found],
    latency_ms: float,
) -> Iterator[tuple[Prediction, None]]:
    """Each capture's unsaved prediction by a detector, in order; a detector has no embedding."""
    for capture, boxes in zip(captures, found, strict=True):
        opinion = of_boxes(
            runtime.labels,
            boxes.boxes,
            boxes.scores,
            boxes.labels,
            floor=runtime.floor,
            resize=runtime.preprocessing.resize,
            width=capture.image.width,
            height=capture.image.height,
        )
        yield _prediction(model, capture, opinion, latency_ms), None


def _prediction(model: ModelVersion, capture: Capture, opinion: Opinion, latency_ms: float) -> Prediction:
    return Prediction(
        project_id=capture.project_id,
        capture=capture,
        model=model,
        value=opinion.value,
        scores=opinion.scores,
        confidence=opinion.confidence,
        raw_confidence=opinion.raw_confidence,
        uncertainty=opinion.uncertainty,
        disagreement=opinion.disagreement,
        latency_ms=latency_ms,
    )
