"""What runs a model, by name: `load("onnx", …)` imports that runtime only when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np

from inference.imaging import Preprocessing

_MODULES = {"onnx": "inference.runtimes.onnx"}


class RuntimeRefused(ValueError):
    """A model that cannot be served; `reason` says what is wrong with it and what would be right."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Scores:
    """A batch's outcome, float32: `probabilities` [N, C] calibrated, rows adding up to 1;
    `raw_probabilities` [N, C] the same before temperature scaling; `embeddings` [N, D]; `disagreement` [N] in
    nats, None where the model does not offer it."""

    probabilities: np.ndarray
    raw_probabilities: np.ndarray
    embeddings: np.ndarray
    disagreement: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector sees in one picture: `boxes` [K, 4] as x1, y1, x2, y2 in ratios of its square input,
    `scores` [K] 0..1, `labels` [K] indices; doubles are suppressed, nothing else is left out."""

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray


class Runtime(Protocol):
    """A loaded model: `labels` are its C keys in the order of the columns of its scores; `task` is
    `classification` (it can `predict`) or `detection` (it can `detect`, and is sure of nothing below `floor`)."""

    task: str
    floor: float
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    temperature: float
    architecture: str
    context: tuple[str, ...]

    def predict(self, batch: np.ndarray, readings: np.ndarray | None = None) -> Scores:
        """Score uint8 [N, 3, size, size], as `imaging.to_array` makes them, N ≥ 1.

        `readings` float32 [N, K] are what each picture's context says under the K keys of `context`, as
        `domain.readings.readings_of` gives them; None is as if all were missing.
        """
        ...

    def detect(self, batch: np.ndarray) -> list[Found]:
        """What is in each picture of the same array."""
        ...

    def look(self, batch: np.ndarray) -> np.ndarray | None:
        """Activation maps [N, h, w] of the predicted labels; None where the model does not offer them."""
        ...


def load(runtime: str, source: Path | str | bytes, *, threads: int = 1) -> Runtime:
    """Load a model from a path or from its bytes. `threads` bounds what one `predict` uses.

    Raises RuntimeRefused for an unknown runtime or a file that does not keep the contract.
    """
    if runtime not in _MODULES:
        raise RuntimeRefused(f"There is no runtime {runtime!r}; there is {', '.join(sorted(_MODULES))}.")
    content = source if isinstance(source, bytes) else _read(Path(source))
    return import_module(_MODULES[runtime]).load(content, threads=threads)


def ensemble(runtime: str, sources: Sequence[Path | str | bytes], *, threads: int = 1) -> Runtime:
    """Load several classifiers as one, the mean of them. Raises RuntimeRefused as `load` does, and where two
    of them cannot be asked together."""
    members = [load(runtime, source, threads=threads) for source in sources]
    if len(members) == 1:
        return members[0]
    return import_module("inference.runtimes.averaging").Ensemble(members)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RuntimeRefused(f"The model file cannot be read: {error.strerror}: {path}.") from error
