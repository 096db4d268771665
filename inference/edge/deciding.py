"""One picture predicted and decided on the device, by the code and on the terms of the centre."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from inference.domain.cells import labels_of, slice_of
from inference.domain.edge import bucket_of
from inference.domain.novelty import novelty
from inference.domain.opinions import Opinion, of_boxes, of_scores, recalibrate
from inference.domain.readings import readings_of
from inference.domain.terms import Held, decide_by
from inference.edge.champion import Champion
from inference.edge.waiting import Worth
from inference.enums import Action
from inference.imaging import inspect_to_array, to_array
from inference.runtimes import contract
from labeling.imagefile import MAX_BYTES

NOTHING_CERTIFIED = str(UUID(int=0))

_WORTHS = {Action.REVIEW: Worth.UNSURE, Action.AUDIT: Worth.AUDIT, Action.ACCEPT: Worth.CERTAIN}


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a picture. `said` has the parts that go with the capture: prediction, edge and context. `label`
    is "" where nothing was found, or several; `bucket` is `inference.domain.edge.bucket_of` its confidence."""

    worth: Worth
    said: dict[str, Any]
    labels: Sequence[str]
    label: str
    bucket: int


def decide(
    champion: Champion,
    data: bytes,
    *,
    capture: str,
    device: str,
    source: str,
    context: Mapping[str, Any],
    trusting: bool = True,
) -> Decided:
    """What the champion says of a picture's bytes, and whether it is sent, by the policy.

    `capture` is the id that it is drawn by. Not `trusting`, a policy with an error budget accepts nothing, as if no
    certificate were known. Raises labeling.imagefile.ImageRefused.
    """
    begun = time.perf_counter()
    opinion, strangeness = _opinion(champion, data, context)
    part = slice_of(
        champion.terms.slice_by, source=source, site=champion.sites.get(source, ""), context=context
    )

    def held(label: str) -> Held | None:
        return champion.cells.get((part, label)) if trusting else None

    decision, _ = decide_by(
        champion.terms,
        value=opinion.value,
        confidence=opinion.confidence,
        novelty=strangeness,
        drawn_for=capture,
        held=held,
    )
    labels = labels_of(opinion.value)
    prediction = {**opinion.value, "confidence": opinion.confidence}
    if opinion.scores:
        prediction["scores"] = opinion.scores
    edge = {
        "capture": capture,
        "device": device,
        "model": champion.model,
        "policy": champion.terms.id,
        "trust": (champion.trust if trusting else None) or NOTHING_CERTIFIED,
        "calibration": champion.calibration,
        "raw_confidence": opinion.raw_confidence,
        "uncertainty": opinion.uncertainty,
        "disagreement": opinion.disagreement,
        "novelty": strangeness,
        "latency_ms": (time.perf_counter() - begun) * 1000,
    }
    said = {"prediction": prediction, "edge": edge, **({"context": dict(context)} if context else {})}
    label = labels[0] if len(labels) == 1 else ""
    return Decided(_WORTHS[decision.action], said, labels, label, bucket_of(opinion.confidence))


def _opinion(champion: Champion, data: bytes, context: Mapping[str, Any]) -> tuple[Opinion, float | None]:
    """The calibrated opinion, and how strange the picture is, 0..1, None where the model cannot tell."""
    runtime = champion.runtime
    facts, pixels = inspect_to_array(data, runtime.preprocessing, max_bytes=MAX_BYTES)
    batch = (to_array(data, runtime.preprocessing) if pixels is None else pixels)[np.newaxis]
    strangeness = None
    if runtime.task == contract.DETECTION:
        (found,) = runtime.detect(batch)
        opinion = of_boxes(
            runtime.labels,
            found.boxes,
            found.scores,
            found.labels,
            floor=runtime.floor,
            resize=runtime.preprocessing.resize,
            width=facts.width,
            height=facts.height,
        )
    else:
        readings = readings_of(context, runtime.context)[np.newaxis] if runtime.context else None
        scores = runtime.predict(batch, readings)
        (opinion,) = of_scores(
            runtime.labels, scores.probabilities, scores.raw_probabilities, scores.disagreement
        )
        if champion.known is not None and scores.embeddings is not None:
            strangeness = float(novelty(champion.known, scores.embeddings).shares[0])
    if champion.calibration is not None:
        recalibrate(opinion, champion.temperature)
    return opinion, strangeness
