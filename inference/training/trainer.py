"""One training run from rows to a model file: decode, fit, calibrate, measure, export."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from inference.domain.calibration import fit_temperature, softmax
from inference.domain.metrics import evaluate
from inference.domain.readings import standard
from inference.runtimes.contract import CLASSIFICATION, ModelCard
from inference.training import quick, state
from inference.training.architectures import Classifier, build
from inference.training.augment import augmentation
from inference.training.checkpoint import Keeper, fingerprint
from inference.training.distillation import Teacher
from inference.training.examples import Examples, decode, learned_from, split_rows
from inference.training.export import check_parity, to_onnx
from inference.training.guarding import shift_for
from inference.training.loop import fit, logits_of, watching
from inference.training.options import (
    HEAD,
    NAIVE,
    REPLAY,
    Checkpoints,
    Progress,
    TrainedModel,
    TrainingOptions,
    TrainingRefused,
    TrainingRow,
)
from inference.training.seeding import seeded
from inference.training.steps import ClassifierSteps

MODEL_FILE = "model.onnx"
STATE_FILE = "state.pt"

PARITY_IMAGES = 16
MEASURED = ("val", "test")

GUARD_DRAWS, MOST_GUARDED = 8, 8000
"""How often each validation image is looked at for new labels that win too much, and how many such looks there are."""


def train(
    *,
    rows: Sequence[TrainingRow],
    labels: Sequence[str],
    options: TrainingOptions,
    read: Callable[[str], bytes],
    out: Path,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
    checkpoints: Checkpoints | None = None,
    embedding: Callable[[str], np.ndarray | None] = lambda sha256: None,
) -> TrainedModel:
    """Train on the rows and write `model.onnx` and `state.pt` into the folder `out`, made where absent.

    `labels` are the model's keys in the order of its outputs; `read` gives the bytes of a sha256;
    `on_progress` is called after each of about 40 evaluations. The same rows, options and number of
    threads on the same machine give the same model file, also where a run was killed and goes on from what
    `checkpoints` kept. `embedding` gives what the base once said of a sha256, [D], where that is known: for the
    method `head`. Raises TrainingRefused with a reason, and TrainingCancelled soon after `should_stop` returns True;
    then nothing but a checkpoint is written.
    """
    started = time.monotonic()
    if len(set(labels)) != len(labels) or len(labels) < 2:
        raise TrainingRefused("A model needs two or more different labels.")
    options.check_task(CLASSIFICATION)
    way = options.way
    splits = split_rows(rows, labels)
    splits["train"] = learned_from(splits["train"], options)
    with seeded(options.seed, options.threads):
        told = options.context
        model = build(options.architecture, labels=len(labels), size=options.size, readings=len(told))
        if options.base is not None:
            state.start_from(options.base, model, options.architecture, labels, model.by_label, told)
        elif model.told is not None:
            model.told.expect(*_standard(splits["train"], told))
        if way == HEAD:
            made = quick.head_only(model, splits, labels, options, read, embedding, on_progress, should_stop)
        else:
            keeper = Keeper(checkpoints, fingerprint(rows, labels, options))
            made = _all_of_it(model, splits, labels, options, read, on_progress, should_stop, keeper)
        # Without a single validation image there is nothing to calibrate by: the raw confidence stands.
        logits, truth = made.logits, made.truth
        temperature = fit_temperature(logits["val"], truth["val"]) if len(truth["val"]) else 1.0
        card = ModelCard(tuple(labels), options.preprocessing, temperature, options.architecture)
        if (readings := made.model.told) is not None:
            card = replace(
                card,
                context=told,
                means=tuple(readings.mean.tolist()),
                deviations=tuple(readings.deviation.tolist()),
            )
        content = to_onnx(made.model, card)
        check_parity(made.model, content, made.sample, made.readings)

    out.mkdir(parents=True, exist_ok=True)
    state.save(out / STATE_FILE, made.model, options.architecture, labels, told)
    (out / MODEL_FILE).write_bytes(content)
    return TrainedModel(
        model_path=out / MODEL_FILE,
        state_path=out / STATE_FILE,
        sha256=hashlib.sha256(content).hexdigest(),
        labels=card.labels,
        preprocessing=card.preprocessing,
        architecture=card.architecture,
        temperature=temperature,
        metrics={
            name: evaluate(softmax(logits[name], temperature), truth[name], labels)
            for name in MEASURED
            if len(truth[name])
        },
        curve=tuple(made.curve),
        seconds=time.monotonic() - started,
        ended=made.ended,
    )


def _all_of_it(
    model: Classifier,
    splits: dict[str, list[TrainingRow]],
    labels: Sequence[str],
    options: TrainingOptions,
    read: Callable[[str], bytes],
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
    keeper: Keeper,
) -> quick.Made:
    """Train backbone and head; by the method `replay` under the eyes of the base."""
    examples = {
        name: decode(each, labels, options.preprocessing, read, should_stop) for name, each in splits.items()
    }
    teacher = None
    if options.way == REPLAY and options.base is not None:
        teacher = Teacher(options.base, labels, options)
    watched = examples["val"]
    if options.way == NAIVE:
        # Who learns from new examples alone has nothing else to stop by.
        watched = watched.only([i for i, row in enumerate(splits["val"]) if not row.is_old])
    train = examples["train"]
    steps = ClassifierSteps(model, train, options, teacher)
    fitted = fit(steps, watching(watched), len(train), options, on_progress, should_stop, keeper)
    if teacher is not None and teacher.new:
        _guard(fitted.model, teacher, examples["val"], options)
    return quick.Made(
        model=fitted.model,
        logits={name: logits_of(fitted.model, examples[name]).double().numpy() for name in MEASURED},
        truth={name: examples[name].labels.numpy() for name in MEASURED},
        sample=examples["train"].images[:PARITY_IMAGES],
        readings=examples["train"].first(PARITY_IMAGES).readings,
        curve=fitted.curve,
        ended=fitted.ended,
    )


def _standard(rows: Sequence[TrainingRow], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each reading over the rows. Raises TrainingRefused naming one that none of them has."""
    mean, deviation = standard(np.array([row.readings for row in rows], dtype=np.float64))
    if lacking := [name for name, each in zip(names, mean, strict=True) if not np.isfinite(each)]:
        raise TrainingRefused(
            f"No training image has a number under {', '.join(lacking)} in its context: leave it out, "
            "or send it with the captures."
        )
    return mean, deviation


@torch.no_grad()
def _guard(model: Classifier, teacher: Teacher, val: Examples, options: TrainingOptions) -> None:
    """Lower the bias of new labels until they win hardly anything from the old ones on validation images.

    On those as training changes pictures, several times each: as they are, they are too few and too like what was
    learned from to show where the model is nearly mistaken.
    """
    if not len(val):
        return
    draws = max(1, min(GUARD_DRAWS, MOST_GUARDED // len(val)))
    change = augmentation(flip=options.flip)
    with seeded(options.seed, options.threads):
        changed = [
            (change(part.float() / 255) * 255).round().byte()
            for part in val.images.repeat(draws, 1, 1, 1).split(128)
        ]
    shown = Examples(
        torch.cat(changed),
        val.labels.repeat(draws),
        np.tile(val.weights, draws),
        None if val.readings is None else val.readings.repeat(draws, 1),
    )
    parts = [shown.only(range(i, min(i + 128, len(shown)))) for i in range(0, len(shown), 128)]
    theirs = torch.cat([teacher.logits(part.images.float() / 255, part.readings) for part in parts])
    ours = logits_of(model, shown).double().numpy()
    model.head.bias[teacher.new] -= shift_for(
        ours, theirs.double().numpy(), shown.labels.numpy(), teacher.old, teacher.new
    )
