"""The training loop: a budget of steps, a cosine schedule, averaged weights, early stopping."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import nn
from torch.nn import functional

from inference.training.architectures import Classifier
from inference.training.augment import augmentation
from inference.training.examples import Examples, balanced_batches
from inference.training.options import Progress, TrainingCancelled, TrainingOptions, TrainingRefused

EVALUATIONS = 40

# Early stopping waits for so much of the budget: while the rate is high, a loss that wanders says nothing.
COMMITTED = 0.5

WARM_UP = 0.1
WEIGHT_DECAY = 0.05
LABEL_SMOOTHING = 0.1

# As many validation images say when to stop; all of them calibrate and measure the result.
WATCHED = 512

# What of the progress is kept for the run's chart.
CURVE = ("epoch", "train_loss", "val_loss", "val_accuracy")

# The averaged weights forget a step after about 1/30 of the run.
AVERAGING_SHARE = 1 / 30


@dataclass(slots=True)
class Fitted:
    """The best weights found, the evaluations on the way, and why the loop ended."""

    model: Classifier
    curve: list[dict[str, float | int | None]] = field(default_factory=list)
    ended: Literal["budget used", "no longer improving", "out of time"] = "budget used"


def fit(
    model: Classifier,
    train: Examples,
    val: Examples,
    options: TrainingOptions,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> Fitted:
    """Train `model`; the result holds the averaged weights of the lowest validation loss.

    `val` may be empty: then the whole budget is used and the last averaged weights are kept. Raises
    TrainingCancelled when `should_stop` says so, TrainingRefused when the loss diverges.
    """
    started = time.monotonic()
    averaged = copy.deepcopy(model)
    fitted, losses, best, since_best = Fitted(averaged), [], math.inf, 0
    every = max(1, options.steps // EVALUATIONS)
    watched = val.first(WATCHED)
    for step, loss in enumerate(_train(model, averaged, train, options), start=1):
        if should_stop():
            raise TrainingCancelled
        if not math.isfinite(loss):
            raise TrainingRefused("The loss is no longer a number: use a lower learning rate.")
        losses.append(loss)
        if step % every and step != options.steps:
            continue
        val_loss, val_accuracy = evaluate(averaged, watched)
        elapsed = time.monotonic() - started
        progress = Progress(
            fraction=step / options.steps,
            epoch=step * options.batch_size // len(train),
            train_loss=sum(losses) / len(losses),
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            seconds_elapsed=elapsed,
            eta_seconds=elapsed * (options.steps - step) / step,
        )
        losses.clear()
        fitted.curve.append({"step": step} | {name: getattr(progress, name) for name in CURVE})
        on_progress(progress)
        if val_loss is None or val_loss < best:
            best, since_best = val_loss or best, 0
            fitted.model = copy.deepcopy(averaged)
        else:
            since_best += 1
        if options.patience and since_best >= options.patience and progress.fraction > COMMITTED:
            fitted.ended = "no longer improving"
            break
        if options.max_seconds and elapsed >= options.max_seconds and step < options.steps:
            fitted.ended = "out of time"
            break
    return fitted


@torch.no_grad()
def logits_of(model: Classifier, examples: Examples, batch_size: int = 128) -> torch.Tensor:
    """Logits [N, C] of unaugmented images."""
    model.eval()
    parts = [model(part.float() / 255) for part in examples.images.split(batch_size)]
    return torch.cat(parts) if parts else torch.empty(0, model.head.out_features)


def evaluate(model: Classifier, examples: Examples) -> tuple[float | None, float | None]:
    """Mean negative log likelihood in nats and accuracy 0..1; None and None without images."""
    if not len(examples):
        return None, None
    logits = logits_of(model, examples)
    loss = functional.cross_entropy(logits, examples.labels).item()
    return loss, (logits.argmax(dim=1) == examples.labels).double().mean().item()


def _train(
    model: Classifier, averaged: Classifier, train: Examples, options: TrainingOptions
) -> Iterator[float]:
    """Take one step after another, keeping `averaged` up to date, and give each step's loss."""
    peak = options.learning_rate or model.backbone.learning_rate
    optimizer = torch.optim.AdamW(_groups(model), lr=peak, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step / options.steps))
    augment = augmentation(flip=options.flip)
    batches = balanced_batches(train, options.batch_size, options.seed)
    decay = 1 - 1 / max(1.0, options.steps * AVERAGING_SHARE)
    for step in range(1, options.steps + 1):
        model.train()
        indices = next(batches)
        logits = model(augment(train.images[indices].float() / 255))
        loss = functional.cross_entropy(logits, train.labels[indices], label_smoothing=LABEL_SMOOTHING)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        # Early averages would be of weights that knew nothing yet.
        _average(averaged, model, min(decay, step / (step + 10)))
        yield loss.item()


def _groups(model: nn.Module) -> list[dict[str, object]]:
    """Weight decay for matrices and kernels, none for biases and norms."""
    parameters = [each for each in model.parameters() if each.requires_grad]
    return [
        {"params": [each for each in parameters if each.ndim > 1]},
        {"params": [each for each in parameters if each.ndim <= 1], "weight_decay": 0.0},
    ]


def _rate(done: float) -> float:
    """The share of the peak learning rate after `done` 0..1 of the budget: linear up, cosine down."""
    if done < WARM_UP:
        return max(done / WARM_UP, 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))


@torch.no_grad()
def _average(averaged: nn.Module, model: nn.Module, decay: float) -> None:
    for mean, value in zip(averaged.state_dict().values(), model.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)
