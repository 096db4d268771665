"""Random changes that leave a photograph's label alone: another angle, light, focus, a thing in the way."""

from __future__ import annotations

import torch
from kornia import augmentation as kornia
from torch import nn


def augmentation(*, flip: bool) -> nn.Module:
    """A module from float [N, 3, S, S] in 0..1 to the same; draws from torch's global generator."""
    steps = [
        kornia.RandomAffine(
            degrees=8.0,
            translate=(0.08, 0.08),
            scale=(0.85, 1.25),
            shear=(-5.0, 5.0),
            padding_mode="reflection",
        ),
        *_light_and_focus(),
        kornia.RandomErasing(scale=(0.02, 0.1), value=0.45, p=0.2),
    ]
    if flip:
        steps.insert(0, kornia.RandomHorizontalFlip())
    return nn.Sequential(*steps)


def light_and_focus() -> nn.Module:
    """Those changes that move nothing, so that boxes stay where they are."""
    return nn.Sequential(*_light_and_focus())


def _light_and_focus() -> list[nn.Module]:
    return [
        kornia.ColorJitter(brightness=0.35, contrast=0.35, saturation=0.35, hue=0.0),
        _WhiteBalance(0.12),
        kornia.RandomGaussianIllumination(gain=(0.05, 0.35), p=0.15),
        kornia.RandomGaussianBlur((3, 3), (0.3, 1.2), p=0.15),
        kornia.RandomGaussianNoise(std=0.03, p=0.25),
        # Noise leaves the range.
        nn.Hardtanh(0.0, 1.0),
    ]


class _WhiteBalance(nn.Module):
    """Scale each colour channel of each image by 1 ± `spread`: a camera's white balance, at a tenth of
    the cost of turning the hue."""

    def __init__(self, spread: float) -> None:
        super().__init__()
        self.spread = spread

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        gain = 1 + self.spread * (2 * torch.rand(len(images), 3, 1, 1) - 1)
        return (images * gain).clamp(0, 1)
