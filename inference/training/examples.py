"""The images of a training run in memory, decoded once by the function that serving uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

from inference.domain.reservoir import reservoir
from inference.imaging import Preprocessing, to_array
from inference.training.options import (
    NAIVE,
    REPLAY,
    BoxRow,
    TrainingCancelled,
    TrainingOptions,
    TrainingRefused,
    TrainingRow,
)
from labeling.imagefile import ImageRefused

# All arrays are held at once: 12 KB an image at 64 px, so 200,000 images fit; 27 KB at 96 px.
MAX_CACHE_BYTES = 3 * 2**30

Row = TypeVar("Row", TrainingRow, BoxRow)

# Without validation images, one in so many of each label's training images is set aside as such.
HOLD_OUT = 6


@dataclass(frozen=True, slots=True)
class Examples:
    """One split: uint8 `images` [N, 3, S, S], label indices `labels` int64 [N], `weights` float64 [N], and where the
    model is told some, `readings` float32 [N, K], NaN where one is missing."""

    images: torch.Tensor
    labels: torch.Tensor
    weights: np.ndarray
    readings: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def only(self, places: Sequence[int]) -> Examples:
        """Those at these places."""
        told = None if self.readings is None else self.readings[places]
        return Examples(self.images[places], self.labels[places], self.weights[places], told)

    def first(self, count: int) -> Examples:
        """At most `count` of them; as they stand in the order of their hashes, a random sample."""
        return self.only(range(min(count, len(self))))


def split_rows(rows: Sequence[TrainingRow], labels: Sequence[str]) -> dict[str, list[TrainingRow]]:
    """Rows by split, in an order that does not depend on theirs.

    Where no row is for validation, a sixth of each label's training images is, chosen by hash; labels with
    fewer than six keep them all. Raises TrainingRefused for unknown labels or too few images.
    """
    check_known((row.label for row in rows), labels)
    splits = in_splits(rows, lambda row: row.label)
    if len({row.label for row in splits["train"] if row.weight > 0}) < 2:
        raise TrainingRefused("Training needs images of at least two labels in the training split.")
    return splits


def check_known(said: Iterable[str], labels: Sequence[str]) -> None:
    """Raise TrainingRefused where a label is none of `labels`."""
    if unknown := sorted(set(said) - set(labels)):
        raise TrainingRefused(f"Rows carry labels the run was not told of: {', '.join(unknown)}.")


def in_splits(rows: Sequence[Row], stratum: Callable[[Row], str]) -> dict[str, list[Row]]:
    """Rows by split, each in order of their hashes; without validation rows, one in HOLD_OUT of each stratum."""
    splits: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    for row in sorted(rows, key=lambda row: row.sha256):
        splits[row.split].append(row)
    if not splits["val"]:
        counted: Counter[str] = Counter()
        kept = []
        for row in splits["train"]:
            counted[stratum(row)] += 1
            (kept if counted[stratum(row)] % HOLD_OUT else splits["val"]).append(row)
        splits["train"] = kept
    return splits


def learned_from(rows: Sequence[TrainingRow], options: TrainingOptions) -> list[TrainingRow]:
    """Those of the training rows that a run's method learns from.

    `replay` keeps of the old rows of each label at most `replay_per_label`, the same ones on every machine. Raises
    TrainingRefused where `naive` finds fewer than two labels among the new ones.
    """
    if options.way == NAIVE:
        fresh = [row for row in rows if not row.is_old]
        if len({row.label for row in fresh}) < 2:
            raise TrainingRefused(
                "The method naive learns from new examples alone, and those have fewer than two labels: "
                "use replay."
            )
        return fresh
    if options.way != REPLAY:
        return list(rows)
    kept = reservoir(((row.sha256, row.label) for row in rows if row.is_old), options.replay_per_label)
    return [row for row in rows if not row.is_old or row.sha256 in kept]


def decode(
    rows: Sequence[TrainingRow],
    labels: Sequence[str],
    preprocessing: Preprocessing,
    read: Callable[[str], bytes],
    should_stop: Callable[[], bool],
) -> Examples:
    """Read and decode every row. Raises TrainingRefused naming an image that cannot be read."""
    images = decode_images([row.sha256 for row in rows], preprocessing, read, should_stop)
    index = {label: i for i, label in enumerate(labels)}
    return Examples(
        images,
        torch.tensor([index[row.label] for row in rows], dtype=torch.int64),
        np.array([row.weight for row in rows], dtype=np.float64),
        torch.tensor([row.readings for row in rows]) if rows and rows[0].readings else None,
    )


def decode_images(
    hashes: Sequence[str],
    preprocessing: Preprocessing,
    read: Callable[[str], bytes],
    should_stop: Callable[[], bool],
) -> torch.Tensor:
    """Uint8 [N, 3, S, S] of the images, as serving would have them. Raises TrainingRefused naming one that cannot be
    read, and TrainingCancelled."""
    size = preprocessing.size
    if (total := len(hashes) * 3 * size * size) > MAX_CACHE_BYTES:
        raise TrainingRefused(
            f"{len(hashes)} images at {size} px need {total / 2**30:.1f} GB; "
            f"at most {MAX_CACHE_BYTES / 2**30:g} GB are held: use a smaller size or fewer images."
        )
    images = torch.empty((len(hashes), 3, size, size), dtype=torch.uint8)
    for i, sha256 in enumerate(hashes):
        if should_stop():
            raise TrainingCancelled
        try:
            images[i] = torch.from_numpy(to_array(read(sha256), preprocessing))
        except (ImageRefused, OSError) as error:
            raise TrainingRefused(f"Image {sha256} cannot be read: {error}") from error
    return images


def balanced_batches(examples: Examples, batch_size: int, seed: int) -> Iterator[torch.Tensor]:
    """Endless batches of indices int64 [batch_size], each label drawn equally often.

    Systematic resampling: in every pass over N images, an image is drawn its expected number of times
    rounded up or down, so that equal images of balanced labels come exactly once a pass.
    """
    random = np.random.default_rng(seed)
    labels = examples.labels.numpy()
    mass = np.bincount(labels, weights=examples.weights)
    share = examples.weights / np.where(mass > 0, mass, 1)[labels]
    share /= share.sum()
    waiting = np.empty(0, dtype=np.int64)
    while True:
        while len(waiting) < batch_size:
            order = random.permutation(len(labels))
            marks = (np.arange(len(labels)) + random.random()) / len(labels)
            drawn = order[np.searchsorted(np.cumsum(share[order]), marks).clip(max=len(labels) - 1)]
            waiting = np.concatenate([waiting, random.permutation(drawn)])
        yield torch.from_numpy(waiting[:batch_size])
        waiting = waiting[batch_size:]
