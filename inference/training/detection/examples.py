"""The pictures of a detector's run in memory with their boxes, decoded once by the function that serving uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from inference.domain.boxes import to_input
from inference.domain.reservoir import reservoir
from inference.imaging import Preprocessing
from inference.training.detection.moving import LEAST_SEEN
from inference.training.examples import Examples, check_known, decode_images, in_splits
from inference.training.options import NAIVE, REPLAY, BoxRow, TrainingOptions, TrainingRefused

NOTHING = ""
"""Stands for the label of a picture with nothing in it."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """One split: uint8 `images` [N, 3, S, S], of each its `boxes` float [K, 4] in ratios of the input and their
    `labels` int64 [K], and `weights` float64 [N]."""

    images: torch.Tensor
    boxes: list[torch.Tensor]
    labels: list[torch.Tensor]
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def first(self, count: int) -> Pictures:
        """At most `count` of them; as they stand in the order of their hashes, a random sample."""
        return self.part(slice(count))

    def part(self, places: slice) -> Pictures:
        """Those at these places."""
        return Pictures(self.images[places], self.boxes[places], self.labels[places], self.weights[places])

    def sides(self) -> torch.Tensor:
        """Width and height [K, 2] of all boxes, in ratios of the input, none below a thousandth."""
        boxes = torch.cat(self.boxes)
        return (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-3)

    def to_draw(self) -> Examples:
        """The same to draw from: what holds a rare label comes more often.

        A picture's weight is multiplied by the square root of how many times rarer than one of each kind its rarest
        label is (repeat factor sampling; Gupta et al. 2019, section 4, with one over the number of labels as its
        threshold).
        """
        held = [set(labels.tolist()) for labels in self.labels]
        seen = Counter(label for each in held for label in each)
        wanted = len(self) / max(1, len(seen))
        factors = [max([1.0, *(wanted / seen[label] for label in each)]) ** 0.5 for each in held]
        together = torch.zeros(len(self), dtype=torch.int64)
        return Examples(self.images, together, self.weights * np.array(factors))


def split_rows(rows: Sequence[BoxRow], labels: Sequence[str]) -> dict[str, list[BoxRow]]:
    """Rows by split, as training.examples has them. Raises TrainingRefused for unknown labels, and without a box to
    learn from."""
    check_known((box.label for row in rows for box in row.boxes), labels)
    splits = in_splits(rows, lambda row: min((box.label for box in row.boxes), default=NOTHING))
    if not any(row.boxes for row in splits["train"] if row.weight > 0):
        raise TrainingRefused("Training a detector needs at least one box in the training split.")
    return splits


def learned_from(rows: Sequence[BoxRow], options: TrainingOptions) -> list[BoxRow]:
    """Those of the training rows that a run's method learns from: `replay` keeps of the old ones of each label at most
    `replay_per_label`, `naive` none. Raises TrainingRefused where no box is left."""
    kept = list(rows)
    if options.way == REPLAY:
        drawn = ((row.sha256, label) for row in rows if row.is_old for label in _labels(row))
        old = reservoir(drawn, options.replay_per_label)
        kept = [row for row in rows if not row.is_old or row.sha256 in old]
    elif options.way == NAIVE:
        kept = [row for row in rows if not row.is_old]
    if not any(row.boxes for row in kept):
        raise TrainingRefused(
            f"The method {options.way} finds no box among what it learns from: use another one."
        )
    return kept


def decode(
    rows: Sequence[BoxRow],
    labels: Sequence[str],
    preprocessing: Preprocessing,
    read: Callable[[str], bytes],
    should_stop: Callable[[], bool],
) -> Pictures:
    """Read and decode every row, its boxes cut to what the model sees; one that it hardly sees is left out.

    Raises TrainingRefused naming an image that cannot be read.
    """
    images = decode_images([row.sha256 for row in rows], preprocessing, read, should_stop)
    index = {label: i for i, label in enumerate(labels)}
    boxes, kinds = [], []
    for row in rows:
        whole = to_input(
            np.array([box.box for box in row.boxes]), preprocessing.resize, row.width, row.height
        )
        cut = whole.clip(0, 1)
        areas = [np.prod(each[:, 2:] - each[:, :2], axis=1) for each in (cut, whole)]
        seen = areas[0] >= LEAST_SEEN * areas[1]
        boxes.append(torch.from_numpy(cut[seen]).float())
        kinds.append(torch.tensor([index[box.label] for box in row.boxes], dtype=torch.int64)[seen])
    return Pictures(images, boxes, kinds, np.array([row.weight for row in rows], dtype=np.float64))


def _labels(row: BoxRow) -> set[str]:
    return {box.label for box in row.boxes} or {NOTHING}
