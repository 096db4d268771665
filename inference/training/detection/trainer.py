"""One training run from boxes to a detector's file: decode, fit, calibrate, measure, export."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import nn

from inference.domain.average_precision import Judged, best_floor, evaluate_boxes
from inference.domain.platt import fit_line
from inference.runtimes.contract import DETECTION, FLOOR, ModelCard
from inference.training import state
from inference.training.checkpoint import Keeper, fingerprint
from inference.training.detection.examples import Pictures, decode, learned_from, split_rows
from inference.training.detection.export import Served, check_parity, to_onnx
from inference.training.detection.network import STRIDE, build
from inference.training.detection.steps import DetectorSteps, judge, looked, watching
from inference.training.loop import fit
from inference.training.options import (
    BoxRow,
    Checkpoints,
    Progress,
    TrainedModel,
    TrainingOptions,
    TrainingRefused,
)
from inference.training.seeding import seeded
from inference.training.trainer import MEASURED, MODEL_FILE, PARITY_IMAGES, STATE_FILE

LOWEST_FLOOR, HIGHEST_FLOOR = 0.1, 0.6
LEAST_FITTED = 20
"""Of fewer boxes that were right neither line nor floor are taken."""


def train(
    *,
    rows: Sequence[BoxRow],
    labels: Sequence[str],
    options: TrainingOptions,
    read: Callable[[str], bytes],
    out: Path,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
    checkpoints: Checkpoints | None = None,
) -> TrainedModel:
    """Train on the rows and write `model.onnx` and `state.pt` into the folder `out`, as training.trainer does.

    `labels` are the model's keys, one or more. On validation pictures a line makes scores say how often such a box is
    right, and the floor from which boxes are proposed is the one of the highest F1. Raises TrainingRefused with a
    reason, and TrainingCancelled soon after `should_stop` returns True; then nothing but a checkpoint is written.
    """
    started = time.monotonic()
    if not labels or len(set(labels)) != len(labels):
        raise TrainingRefused("A detector needs one or more different labels.")
    options.check_task(DETECTION)
    splits = split_rows(rows, labels)
    splits["train"] = learned_from(splits["train"], options)
    with seeded(options.seed, options.threads):
        model = build(options.architecture, labels=len(labels), size=options.size)
        if options.base is not None:
            state.start_from(options.base, model, options.architecture, labels, model.by_label)
        pictures = {
            name: decode(each, labels, options.preprocessing, read, should_stop)
            for name, each in splits.items()
        }
        train = pictures["train"]
        if options.base is None:
            model.expect(train.sides() * options.size / STRIDE)
        fitted = fit(
            DetectorSteps(model, train, options),
            watching(pictures["val"], labels),
            len(train),
            options,
            on_progress,
            should_stop,
            Keeper(checkpoints, fingerprint(rows, labels, options)),
        )
        found = {name: _found(fitted.model, pictures[name]) for name in MEASURED}
        slope, intercept = _line(found["val"])
        calibrated = {name: _scored(each, slope, intercept) for name, each in found.items()}
        card = ModelCard(
            tuple(labels),
            options.preprocessing,
            1 / slope,
            options.architecture,
            DETECTION,
            floor=_floor(calibrated["val"]),
        )
        served = Served(fitted.model, slope, intercept)
        content = to_onnx(served, card)
        check_parity(served, content, train.images[:PARITY_IMAGES])

    out.mkdir(parents=True, exist_ok=True)
    state.save(out / STATE_FILE, fitted.model, options.architecture, labels)
    (out / MODEL_FILE).write_bytes(content)
    return TrainedModel(
        model_path=out / MODEL_FILE,
        state_path=out / STATE_FILE,
        sha256=hashlib.sha256(content).hexdigest(),
        labels=card.labels,
        preprocessing=card.preprocessing,
        architecture=card.architecture,
        temperature=card.temperature,
        metrics={name: evaluate_boxes(each, labels, card.floor) for name, each in calibrated.items() if each},
        curve=tuple(fitted.curve),
        seconds=time.monotonic() - started,
        ended=fitted.ended,
    )


def _found(model: nn.Module, pictures: Pictures) -> list[Judged]:
    """Every picture's boxes with their logits."""
    return [one for part, maps in looked(model, pictures) for one in judge(maps, pictures.part(part))]


def _line(found: Sequence[Judged]) -> tuple[float, float]:
    logits = np.concatenate([np.empty(0), *(each.scores for each in found)])
    right = np.concatenate([np.empty(0, dtype=bool), *(each.right for each in found)])
    return fit_line(logits, right) if right.sum() >= LEAST_FITTED else (1.0, 0.0)


def _scored(found: Sequence[Judged], slope: float, intercept: float) -> list[Judged]:
    return [
        dataclasses.replace(each, scores=1 / (1 + np.exp(-(slope * each.scores + intercept))))
        for each in found
    ]


def _floor(found: Sequence[Judged]) -> float:
    best = best_floor(found) if sum(int(each.right.sum()) for each in found) >= LEAST_FITTED else None
    return FLOOR if best is None else round(min(max(best, LOWEST_FLOOR), HIGHEST_FLOOR), 3)
