"""One step of training after another: balanced batches, augmentation, a cosine schedule, averaged weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from inference.training.adversarial import perturbed
from inference.training.architectures import Classifier
from inference.training.augment import augmentation
from inference.training.distillation import Teacher
from inference.training.examples import Examples, balanced_batches
from inference.training.options import TrainingOptions
from inference.training.told import partly_hidden

WARM_UP = 0.1
WEIGHT_DECAY = 0.05
LABEL_SMOOTHING = 0.1

# The averaged weights forget a step after about 1/30 of the run.
AVERAGING_SHARE = 1 / 30


class Averaging:
    """A model under way: `take` a step after another down the loss of the next batch, which a subclass works out.

    `averaged` is the moving average of its weights, the model that counts.
    """

    def __init__(self, model: nn.Module, batches: Iterator[torch.Tensor], options: TrainingOptions) -> None:
        self.averaged = copy.deepcopy(model)
        self._model = model
        self._batches = batches
        self._taken = 0
        self._decay = 1 - 1 / max(1.0, options.steps * AVERAGING_SHARE)
        peak = options.learning_rate or model.learning_rate
        self._optimizer = torch.optim.AdamW(_groups(model), lr=peak, weight_decay=WEIGHT_DECAY)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: _rate(step / options.steps)
        )

    def _loss(self, indices: torch.Tensor) -> torch.Tensor:
        """The loss of the training images at these places [B]."""
        raise NotImplementedError

    def take(self) -> float:
        """Take the next step; its loss."""
        self._taken += 1
        self._model.train()
        loss = self._loss(next(self._batches))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self._schedule.step()
        # Early averages would be of weights that knew nothing yet.
        _average(self.averaged, self._model, min(self._decay, self._taken / (self._taken + 10)))
        return loss.item()

    def state(self) -> dict[str, Any]:
        """All that the next step depends on, but for the batches: those follow from the number of steps."""
        return {
            "model": self._model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "random": torch.get_rng_state(),
        }

    def load(self, state: dict[str, Any], taken: int) -> None:
        """Stand where `state` was taken, after so many steps; torch's generator too."""
        self._model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        for _ in range(taken):
            next(self._batches)
        self._taken = taken
        torch.set_rng_state(state["random"])


class ClassifierSteps(Averaging):
    """A classifier under way."""

    def __init__(
        self, model: Classifier, train: Examples, options: TrainingOptions, teacher: Teacher | None
    ) -> None:
        super().__init__(model, balanced_batches(train, options.batch_size, options.seed), options)
        self._train = train
        self._teacher = teacher
        self._augment = augmentation(flip=options.flip)
        self._adversarial, self._step = options.adversarial, options.adversarial_step / 255

    def _loss(self, indices: torch.Tensor) -> torch.Tensor:
        images, labels = self._augment(self._train.images[indices].float() / 255), self._train.labels[indices]
        known = self._train.readings
        readings = None if known is None else partly_hidden(known[indices])
        if count := round(self._adversarial * len(images)):
            first = None if readings is None else readings[:count]
            worst = perturbed(self._model, images[:count], labels[:count], self._step, first)
            images = torch.cat([worst, images[count:]])
        logits = self._model(images, readings)
        loss = functional.cross_entropy(logits, labels, label_smoothing=LABEL_SMOOTHING)
        if self._teacher is not None:
            loss = loss + self._teacher.loss(images, logits, readings)
        return loss


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
