"""From what a model's runtime gives out to what the model said of each capture, not yet stored."""

from collections.abc import Iterator

import numpy as np

from inference.domain.opinions import Opinion, of_boxes, of_scores
from inference.models import Capture, ModelVersion, Prediction
from inference.runtimes import Runtime, Scores
from inference.services.scoring import Scored


def said(runtime: Runtime, scored: Scored) -> Iterator[tuple[Capture, Opinion]]:
    """What the model said of each capture that could be decoded, in order."""
    if isinstance(scored.answer, Scores):
        answer = scored.answer
        found = of_scores(runtime.labels, answer.probabilities, answer.raw_probabilities, answer.disagreement)
        yield from zip(scored.captures, found, strict=True)
        return
    for capture, boxes in zip(scored.captures, scored.answer, strict=True):
        yield (
            capture,
            of_boxes(
                runtime.labels,
                boxes.boxes,
                boxes.scores,
                boxes.labels,
                floor=runtime.floor,
                resize=runtime.preprocessing.resize,
                width=capture.image.width,
                height=capture.image.height,
            ),
        )


def form(
    *, model: ModelVersion, runtime: Runtime, scored: Scored
) -> Iterator[tuple[Prediction, np.ndarray | None]]:
    """Each capture's unsaved prediction and its embedding [D], in order; a detector has no embedding."""
    embeddings = (
        scored.answer.embeddings if isinstance(scored.answer, Scores) else [None] * len(scored.captures)
    )
    for (capture, opinion), embedding in zip(said(runtime, scored), embeddings, strict=True):
        yield _prediction(model, capture, opinion, scored.latency_ms), embedding


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
