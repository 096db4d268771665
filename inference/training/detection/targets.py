"""What a detector's maps are to say of boxes that are known, and how far from it they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from inference.training.detection.network import Maps

KERNEL = 0.54
"""The part of a box, each way, in which cells learn where it is (α of Liu et al. 2020, "TTFNet")."""
FOCUS, EASE = 2.0, 4.0
SMALLEST = 0.5
"""Cells: a side is taken to be no shorter, so that its logarithm says something."""


@dataclass(frozen=True, slots=True)
class Targets:
    """`heat` [N, C, g, g] 0..1, 1 where the middle of a thing lies; `offset` and `size` [N, 2, g, g] as in Maps, each
    counting by `weight` [N, 1, g, g], which adds up to 1 for each of the `things`."""

    heat: torch.Tensor
    offset: torch.Tensor
    size: torch.Tensor
    weight: torch.Tensor
    things: int


def targets(
    boxes: Sequence[torch.Tensor], labels: Sequence[torch.Tensor], *, classes: int, grid: int
) -> Targets:
    """The targets of N pictures: `boxes` [K, 4] each, x1, y1, x2, y2 in ratios of the input, and `labels` [K].

    Around each middle the heat falls off as a normal curve as wide as the box (Liu et al. 2020, equation 1); of cells
    within KERNEL of several boxes the smallest has them.
    """
    heat = torch.zeros(len(boxes), classes, grid, grid)
    offset, size = torch.zeros(len(boxes), 2, grid, grid), torch.zeros(len(boxes), 2, grid, grid)
    weight = torch.zeros(len(boxes), 1, grid, grid)
    at = torch.arange(grid, dtype=torch.float32)
    for i, (each, kinds) in enumerate(zip(boxes, labels, strict=True)):
        if not len(each):
            continue
        middle = (each[:, :2] + each[:, 2:]) / 2 * grid
        sides = ((each[:, 2:] - each[:, :2]) * grid).clamp(min=SMALLEST)
        cell = middle.floor().clamp(0, grid - 1)
        spread = (KERNEL * sides + 1) / 6
        away = (at[None, None] - cell[:, :, None]) / spread[:, :, None]
        curve = torch.exp(-0.5 * (away[:, 1, :, None] ** 2 + away[:, 0, None, :] ** 2))
        near = (at[None, None] - cell[:, :, None]).abs() <= KERNEL * sides[:, :, None] / 2
        inside = near[:, 1, :, None] & near[:, 0, None, :]
        index = kinds[:, None, None].expand_as(curve)
        heat[i].scatter_reduce_(0, index, curve, "amax")
        area = sides.prod(dim=1)[:, None, None].expand_as(curve)
        owner = torch.where(inside, area, torch.inf).argmin(dim=0)
        owned = inside.any(dim=0)
        own = curve.gather(0, owner[None])[0] * owned
        mass = torch.zeros(len(each)).scatter_add_(0, owner.flatten(), own.flatten())
        weight[i, 0] = own / mass[owner].clamp(min=1e-6)
        offset[i] = torch.stack(
            [middle[owner, 0] - (at[None, :] + 0.5), middle[owner, 1] - (at[:, None] + 0.5)]
        )
        size[i] = sides[owner].log().permute(2, 0, 1)
    return Targets(heat, offset, size, weight, sum(len(each) for each in boxes))


def loss_of(maps: Maps, wanted: Targets) -> torch.Tensor:
    """The penalty-reduced focal loss of the heat (Zhou et al. 2019, equation 1) and the absolute errors of offset and
    size, each summed and shared out among the things."""
    things = max(1, wanted.things)
    is_middle = wanted.heat == 1
    found = functional.logsigmoid(maps.heat) * torch.sigmoid(-maps.heat) ** FOCUS
    spared = functional.logsigmoid(-maps.heat) * torch.sigmoid(maps.heat) ** FOCUS
    heat = -torch.where(is_middle, found, spared * (1 - wanted.heat) ** EASE).sum()
    place = (wanted.weight * (maps.offset - wanted.offset).abs()).sum()
    side = (wanted.weight * (maps.size - wanted.size).abs()).sum()
    return (heat + place + side) / things
