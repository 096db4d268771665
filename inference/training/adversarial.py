"""Adversarial examples: pictures changed by less than one sees so that the model errs, made in passing, never kept."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


def perturbed(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, step: float, readings: torch.Tensor | None
) -> torch.Tensor:
    """Float `images` [N, 3, S, S] in 0..1, each pixel moved by `step` the way that raises the loss of `labels` [N].

    The fast gradient sign method (Goodfellow et al. 2015, section 4). The model is asked as it serves, so that neither
    its running means nor what it drops has a part in it, and is left as it was.
    """
    was_training = model.training
    model.eval()
    try:
        moved = images.detach().clone().requires_grad_(True)
        loss = functional.cross_entropy(model(moved, readings), labels)
        (uphill,) = torch.autograd.grad(loss, moved)
    finally:
        model.train(was_training)
    return (images + step * uphill.sign()).clamp(0, 1).detach()
