"""The training loop: a budget of steps, early stopping on averaged weights, and going on after a kill."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

import torch
from torch import nn
from torch.nn import functional

from inference.training.architectures import Classifier
from inference.training.checkpoint import Keeper
from inference.training.examples import Examples
from inference.training.options import Progress, TrainingCancelled, TrainingOptions, TrainingRefused

EVALUATIONS = 40

# Early stopping waits for so much of the budget: while the rate is high, a loss that wanders says nothing.
COMMITTED = 0.5

# As many validation images say when to stop; all of them calibrate and measure the result.
WATCHED = 512

# What of the progress is kept for the run's chart.
CURVE = ("epoch", "train_loss", "val_loss", "val_accuracy")
OF_BOXES = "val_map"


class Steps(Protocol):
    """A model under way; `averaged` is the moving average of its weights, the model that counts."""

    averaged: nn.Module

    def take(self) -> float:
        """Take the next step; its loss."""

    def state(self) -> dict[str, Any]:
        """All that the next step depends on, but for the batches: those follow from the number of steps."""

    def load(self, state: dict[str, Any], taken: int) -> None:
        """Stand where `state` was taken, after so many steps; torch's generator too."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What validation images say: `loss` in nats, `accuracy` of a classifier or `map` of a detector, 0..1, each None
    where it has no meaning. The model of the lowest `cost` is kept; None without validation images."""

    loss: float | None
    accuracy: float | None = None
    map: float | None = None
    cost: float | None = None


@dataclass(slots=True)
class Fitted:
    """The best weights found, the evaluations on the way, and why the loop ended."""

    model: nn.Module
    curve: list[dict[str, float | int | None]] = field(default_factory=list)
    ended: Literal["budget used", "no longer improving", "out of time"] = "budget used"


@dataclass(slots=True)
class _Course:
    """What the loop remembers from one step to the next, besides the weights."""

    step: int = 0
    seconds: float = 0.0
    best: float = math.inf
    since_best: int = 0
    losses: list[float] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)


def fit(
    steps: Steps,
    watch: Callable[[nn.Module], Watched],
    images: int,
    options: TrainingOptions,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
    keeper: Keeper | None = None,
) -> Fitted:
    """Take the steps; the result holds the averaged weights that cost least in the eyes of `watch`.

    `images` is how many are learned from. Where `watch` has nothing to look at, the whole budget is used and the last
    averaged weights are kept. A run that `keeper` kept goes on from there, after telling `on_progress` again what was
    reached by then. Raises TrainingCancelled when `should_stop` says so, TrainingRefused when the loss diverges.
    """
    started = time.monotonic()
    course = _Course()
    fitted = Fitted(steps.averaged)
    if keeper is not None and (kept := keeper.read()) is not None:
        course, fitted = _resumed(kept, steps, options)
        for told in course.told:
            on_progress(Progress(**told))
    started -= course.seconds
    every = max(1, options.steps // EVALUATIONS)

    def keep() -> None:
        if keeper is not None:
            course.seconds = time.monotonic() - started
            keeper.write(_kept(course, fitted, steps))

    while course.step < options.steps:
        if should_stop():
            keep()
            raise TrainingCancelled
        loss = steps.take()
        course.step += 1
        if not math.isfinite(loss):
            raise TrainingRefused("The loss is no longer a number: use a lower learning rate.")
        course.losses.append(loss)
        if course.step % every and course.step != options.steps:
            continue
        seen = watch(steps.averaged)
        elapsed = time.monotonic() - started
        progress = Progress(
            fraction=course.step / options.steps,
            epoch=course.step * options.batch_size // images,
            train_loss=sum(course.losses) / len(course.losses),
            val_loss=seen.loss,
            val_accuracy=seen.accuracy,
            seconds_elapsed=elapsed,
            eta_seconds=elapsed * (options.steps - course.step) / course.step,
            val_map=seen.map,
        )
        course.losses.clear()
        course.told.append(asdict(progress))
        fitted.curve.append(_point(course.told[-1], options))
        if seen.cost is None or seen.cost < course.best:
            course.best, course.since_best = course.best if seen.cost is None else seen.cost, 0
            fitted.model = copy.deepcopy(steps.averaged)
        else:
            course.since_best += 1
        if keeper is not None and keeper.is_due():
            keep()
        on_progress(progress)
        if options.patience and course.since_best >= options.patience and progress.fraction > COMMITTED:
            fitted.ended = "no longer improving"
            break
        if options.max_seconds and elapsed >= options.max_seconds and course.step < options.steps:
            fitted.ended = "out of time"
            break
    return fitted


def _kept(course: _Course, fitted: Fitted, steps: Steps) -> dict[str, Any]:
    return {"course": asdict(course), "best": fitted.model.state_dict(), "steps": steps.state()}


def _resumed(kept: dict[str, Any], steps: Steps, options: TrainingOptions) -> tuple[_Course, Fitted]:
    """What `_kept` put away; `steps` stands where it stood."""
    course = _Course(**kept["course"])
    best = copy.deepcopy(steps.averaged)
    best.load_state_dict(kept["best"])
    steps.load(kept["steps"], course.step)
    return course, Fitted(best, [_point(told, options) for told in course.told])


def _point(told: dict[str, Any], options: TrainingOptions) -> dict[str, float | int | None]:
    """One point of the run's chart."""
    names = CURVE if told[OF_BOXES] is None else (*CURVE, OF_BOXES)
    return {"step": round(told["fraction"] * options.steps)} | {name: told[name] for name in names}


@torch.no_grad()
def logits_of(model: Classifier, examples: Examples, batch_size: int = 128) -> torch.Tensor:
    """Logits [N, C] of unaugmented images."""
    model.eval()
    parts = []
    for start in range(0, len(examples), batch_size):
        part = examples.only(range(start, min(start + batch_size, len(examples))))
        parts.append(model(part.images.float() / 255, part.readings))
    return torch.cat(parts) if parts else torch.empty(0, model.head.out_features)


def watching(val: Examples) -> Callable[[nn.Module], Watched]:
    """What `fit` asks of a classifier on the first WATCHED of the validation images, of which there may be none."""
    watched = val.first(WATCHED)

    def watch(model: nn.Module) -> Watched:
        if not len(watched):
            return Watched(None)
        logits = logits_of(model, watched)
        loss = functional.cross_entropy(logits, watched.labels).item()
        right = (logits.argmax(dim=1) == watched.labels).double().mean().item()
        return Watched(loss, accuracy=right, cost=loss)

    return watch
