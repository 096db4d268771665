"""A detector small enough to train from scratch on one core in minutes: every thing is the peak of a heat map."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from inference.training.options import TrainingRefused
from inference.training.small_resnet import Residual

ARCHITECTURE = "centernet"
STRIDE = 4
"""The heat map has one cell for so many pixels of the input, each way."""
MOST_THINGS = 100

_RARELY = -4.0
"""The logit of a cell before anything is learned: that of 0.018, as hardly any cell is the middle of something."""
_WIDEST = 6.0
"""Natural logarithm of a box's side in cells, at most: the exponential of an untrained model must stay a number."""


@dataclass(frozen=True, slots=True)
class Maps:
    """What the network says of each cell: `heat` logits [N, C, g, g] that the middle of a thing of this label lies in
    it, `offset` [N, 2, g, g] from the cell's middle to the thing's, in cells, and `size` [N, 2, g, g], the natural
    logarithms of its width and height in cells."""

    heat: torch.Tensor
    offset: torch.Tensor
    size: torch.Tensor


class Detector(nn.Module):
    """Residual blocks down to a sixteenth of the input and a pyramid back up to a quarter of it (Lin et al. 2017), with
    one head for the three maps of Zhou et al. 2019 ("Objects as points")."""

    mean: torch.Tensor
    std: torch.Tensor
    learning_rate = 3e-3
    by_label = ("out.weight", "out.bias")

    def __init__(self, labels: int, widths: tuple[int, int, int, int] = (24, 48, 96, 128)) -> None:
        super().__init__()
        self.labels = labels
        stem, *stages = widths
        self.stem = nn.Sequential(
            nn.Conv2d(3, stem, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(stem), nn.ReLU()
        )
        self.stages = nn.ModuleList(
            Residual(before, width, stride=2) for before, width in zip(widths, stages, strict=False)
        )
        across = stages[0]
        self.laterals = nn.ModuleList(nn.Conv2d(width, across, 1) for width in stages)
        self.joined = _normed(across)
        self.shared = _normed(across)
        self.out = nn.Conv2d(across, labels + 4, 1)
        _set(self.out, slice(labels), _RARELY)
        self.register_buffer("mean", torch.tensor(0.45).view(1, 1, 1, 1))
        self.register_buffer("std", torch.tensor(0.25).view(1, 1, 1, 1))

    def expect(self, sides: torch.Tensor) -> None:
        """Begin with boxes as wide and high as those that are known, [K, 2] in cells, on geometric average."""
        for place, mean in zip((-2, -1), sides.log().mean(dim=0).tolist(), strict=True):
            _set(self.out, slice(place, place + 1 or None), mean)

    def forward(self, images: torch.Tensor) -> Maps:
        """The maps of float [N, 3, S, S] in 0..1; S is a multiple of 16 and g a quarter of it."""
        found = (images - self.mean) / self.std
        found = self.stem(found.contiguous(memory_format=torch.channels_last))
        levels = []
        for stage in self.stages:
            found = stage(found)
            levels.append(found)
        up: torch.Tensor | None = None
        for level, lateral in reversed(list(zip(levels, self.laterals, strict=True))):
            sideways = lateral(level)
            up = sideways if up is None else sideways + functional.interpolate(up, scale_factor=2.0)
        said = self.out(self.shared(self.joined(up)))
        return Maps(
            said[:, : self.labels],
            said[:, self.labels : self.labels + 2],
            said[:, self.labels + 2 :].clamp(max=_WIDEST),
        )


def build(architecture: str, *, labels: int, size: int) -> Detector:
    """The untrained detector. Raises TrainingRefused for another architecture or a size it does not take."""
    if architecture != ARCHITECTURE:
        raise TrainingRefused(f"There is no detector {architecture!r}; there is {ARCHITECTURE}.")
    if size % 16 or size < 32:
        raise TrainingRefused(f"A detector's size must be a multiple of 16 from 32 up, not {size}.")
    return Detector(labels)


def decoded(maps: Maps) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The MOST_THINGS surest peaks, or as many as there are cells: boxes [N, K, 4] as x1, y1, x2, y2 in ratios of the
    input, logits [N, K], labels [N, K].

    A peak is a cell whose likeliest label is as likely as any in the eight cells around it, found by a maximum over
    3 × 3 (Zhou et al. 2019, section 4): nothing is left for a suppression to do, and all of it is in the graph.
    """
    best, labels = maps.heat.max(dim=1)
    grid = best.shape[-1]
    around = functional.max_pool2d(best[:, None], 3, stride=1, padding=1)[:, 0]
    peaks = torch.where(best == around, best, torch.full_like(best, -1e4)).flatten(1)
    logits, where = peaks.topk(min(MOST_THINGS, grid * grid), dim=1)
    offset, side = (
        each.flatten(2).gather(2, where[:, None].expand(-1, 2, -1)) for each in (maps.offset, maps.size)
    )
    cell = torch.stack([where % grid, torch.div(where, grid, rounding_mode="floor")], dim=1)
    middle = (cell + 0.5 + offset) / grid
    half = side.exp() / (2 * grid)
    boxes = torch.cat([middle - half, middle + half], dim=1).transpose(1, 2)
    return boxes, logits, labels.flatten(1).gather(1, where)


@torch.no_grad()
def _set(layer: nn.Conv2d, rows: slice, bias: float) -> None:
    if layer.bias is not None:
        layer.bias[rows] = bias


def _normed(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
