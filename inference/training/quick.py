"""A head alone, trained again on embeddings: those that serving stored, or made here where it did not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch

from inference.training.architectures import Classifier
from inference.training.examples import decode
from inference.training.head import best_decay, fit_head
from inference.training.options import Progress, TrainingOptions, TrainingRow

SAMPLE = 16
PART = 256


@dataclass(slots=True)
class Made:
    """A trained model with its logits [N, C] and true label indices [N] of the splits val and test.

    `sample` is uint8 [N, 3, S, S], a few images to prove the exported file by, with their `readings` [N, K].
    """

    model: Classifier
    logits: dict[str, np.ndarray]
    truth: dict[str, np.ndarray]
    sample: torch.Tensor
    readings: torch.Tensor | None = None
    curve: list[dict[str, Any]] = field(default_factory=list)
    ended: Literal["budget used", "no longer improving", "out of time"] = "budget used"


def head_only(
    model: Classifier,
    splits: dict[str, list[TrainingRow]],
    labels: Sequence[str],
    options: TrainingOptions,
    read: Callable[[str], bytes],
    embedding: Callable[[str], np.ndarray | None],
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> Made:
    """Give `model` a head fitted to the embeddings of all training rows; its backbone stays as it is.

    Raises TrainingRefused naming an image that cannot be read, and TrainingCancelled.
    """
    started = time.monotonic()
    model.eval()
    index = {label: i for i, label in enumerate(labels)}
    seen = {
        name: _embedded(model, rows, labels, options, read, embedding, should_stop)
        for name, rows in splits.items()
    }
    truth = {
        name: np.array([index[row.label] for row in rows], dtype=np.int64) for name, rows in splits.items()
    }
    weights = np.array([row.weight for row in splits["train"]])
    train = (seen["train"], truth["train"], weights)
    asked = {}
    if len(truth["val"]):
        asked["decay"] = best_decay(train, (seen["val"], truth["val"]), len(labels))
    weight, bias = fit_head(train[0], train[1], len(labels), weights=weights, **asked)
    with torch.no_grad():
        model.head.weight.copy_(torch.from_numpy(weight))
        model.head.bias.copy_(torch.from_numpy(bias))
    took = time.monotonic() - started
    on_progress(Progress(1.0, 1, None, None, None, took, 0.0))
    first = decode(splits["train"][:SAMPLE], labels, options.preprocessing, read, should_stop)
    return Made(
        model=model,
        logits={name: seen[name] @ weight.T + bias for name in ("val", "test")},
        truth=truth,
        sample=first.images,
    )


def _embedded(
    model: Classifier,
    rows: Sequence[TrainingRow],
    labels: Sequence[str],
    options: TrainingOptions,
    read: Callable[[str], bytes],
    embedding: Callable[[str], np.ndarray | None],
    should_stop: Callable[[], bool],
) -> np.ndarray:
    """Embeddings [N, D] of the rows: as they are known, else of the decoded images, a few at a time."""
    found = np.zeros((len(rows), model.head.in_features))
    missing = []
    for i, row in enumerate(rows):
        known = embedding(row.sha256)
        if known is None or known.shape != found.shape[1:]:
            missing.append(i)
        else:
            found[i] = known
    for start in range(0, len(missing), PART):
        part = missing[start : start + PART]
        images = decode([rows[i] for i in part], labels, options.preprocessing, read, should_stop).images
        with torch.no_grad():
            found[part] = model.embed(images.float() / 255).double().numpy()
    return found
