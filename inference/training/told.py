"""What a classifier is told beside the picture: readings of its context, of which any may be missing."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

WIDTH = 16
HIDDEN = 0.1
"""The share of the readings that are hidden while it learns, so that it knows what to do without each of them."""


class Told(nn.Module):
    """Readings [N, K], NaN where missing, to logits [N, C] that are added to those of the picture.

    Each is brought to standard by its `mean` and `deviation` over the training images; one that is missing is as the
    mean, and says so by a flag of its own.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, readings: int, labels: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(2 * readings, WIDTH)
        self.out = nn.Linear(WIDTH, labels)
        # At first only the picture speaks.
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.register_buffer("mean", torch.zeros(readings))
        self.register_buffer("deviation", torch.ones(readings))

    def expect(self, mean: np.ndarray, deviation: np.ndarray) -> None:
        """Set what readings are brought to standard by, [K] each."""
        self.mean.copy_(torch.from_numpy(mean).float())
        self.deviation.copy_(torch.from_numpy(deviation).float())

    def forward(self, readings: torch.Tensor) -> torch.Tensor:
        missing = torch.isnan(readings)
        known = torch.where(missing, self.mean, readings)
        # Far from all that was seen a line would lead anywhere.
        standard = ((known - self.mean) / self.deviation).clamp(-5, 5)
        return self.out(torch.relu(self.hidden(torch.cat([standard, missing.float()], dim=1))))


def partly_hidden(readings: torch.Tensor) -> torch.Tensor:
    """The readings with the share HIDDEN of them missing; draws from torch's global generator."""
    return torch.where(torch.rand_like(readings) < HIDDEN, torch.nan, readings)
