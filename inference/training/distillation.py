"""Holding a model to what an earlier one says, so that it learns new labels without losing the old."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn import functional

from inference.training import state
from inference.training.options import TrainingOptions


class Teacher:
    """The base of a run, which answers and does not learn.

    Only the labels that both models know are compared: among those, the new model is to see the same likenesses.
    """

    def __init__(self, path: Path, labels: Sequence[str], options: TrainingOptions) -> None:
        """Raises TrainingRefused where `path` is no state file."""
        model, known = state.restored(path, options.size)
        self._model = model.eval().requires_grad_(False)
        shared = [label for label in labels if label in known]
        self._theirs = [known.index(label) for label in shared]
        self.old = [labels.index(label) for label in shared]
        """The indices in `labels` of those that both know."""
        self.new = [i for i in range(len(labels)) if i not in self.old]
        self._weight = options.distillation
        self._temperature = options.distillation_temperature

    def loss(
        self, images: torch.Tensor, logits: torch.Tensor, readings: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The divergence in nats of `logits` [N, C] from the teacher's of the same float `images` [N, 3, S, S].

        Both are softened by the temperature, and the loss is scaled by its square, as its gradient shrinks by that
        (Hinton et al. 2015, section 2.1; for new labels Li and Hoiem 2016).
        """
        if len(self.old) < 2 or not self._weight:
            return logits.new_zeros(())
        theirs = (self.logits(images, readings) / self._temperature).log_softmax(dim=1)
        ours = (logits[:, self.old] / self._temperature).log_softmax(dim=1)
        apart = functional.kl_div(ours, theirs, reduction="batchmean", log_target=True)
        return self._weight * self._temperature**2 * apart

    @torch.no_grad()
    def logits(self, images: torch.Tensor, readings: torch.Tensor | None = None) -> torch.Tensor:
        """The teacher's logits [N, len(old)] of float [N, 3, S, S] in 0..1, in the order of `old`."""
        return self._model(images, readings)[:, self._theirs]
