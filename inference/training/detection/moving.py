"""Random changes of a photograph that move its boxes with it: mirrored, nearer, farther, aside."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

SCALES = (0.75, 1.35)
ASIDE = 0.12
"""The most that a picture is moved, as a share of its side."""
LEAST_SEEN = 0.35
"""A box of which less is left in the picture is not one to learn."""
GREY = 0.45


def moved(
    images: torch.Tensor, boxes: Sequence[torch.Tensor], labels: Sequence[torch.Tensor], *, flip: bool
) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
    """Float [N, 3, S, S] with boxes [K, 4] each, in ratios of the side, and labels [K]: all changed alike.

    Sides stay upright, so that a box stays the tightest one. Draws from torch's global generator.
    """
    count = len(images)
    low, high = (torch.tensor(each).log() for each in SCALES)
    scale = torch.exp(low + (high - low) * torch.rand(count))
    mirrored = torch.rand(count) < 0.5 if flip else torch.zeros(count, dtype=torch.bool)
    sign = torch.where(mirrored, -1.0, 1.0)
    shift = ASIDE * (2 * torch.rand(count, 2) - 1)
    changed = []
    kept_labels = []
    for i, each in enumerate(boxes):
        new = _move(each, float(scale[i]), bool(mirrored[i]), shift[i])
        cut = new.clamp(0, 1)
        seen = (cut[:, 2:] - cut[:, :2]).prod(dim=1) / (new[:, 2:] - new[:, :2]).prod(dim=1).clamp(min=1e-9)
        kept = seen >= LEAST_SEEN
        changed.append(cut[kept])
        kept_labels.append(labels[i][kept])
    # The grid says from where each pixel comes, in -1..1: the inverse of what boxes do.
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0] = sign / scale
    matrix[:, 1, 1] = 1 / scale
    matrix[:, 0, 2] = -2 * shift[:, 0] * sign / scale
    matrix[:, 1, 2] = -2 * shift[:, 1] / scale
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    # Grey beside the picture: its mirror image would show things that no box is of.
    warped = functional.grid_sample(images - GREY, grid, padding_mode="zeros", align_corners=False) + GREY
    return warped, changed, kept_labels


def _move(boxes: torch.Tensor, scale: float, mirrored: bool, shift: torch.Tensor) -> torch.Tensor:
    if mirrored:
        boxes = torch.stack([1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]], dim=1)
    return (boxes - 0.5) * scale + 0.5 + shift.repeat(2)
