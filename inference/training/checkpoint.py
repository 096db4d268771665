"""How far a run is, as bytes that another process can go on from to the very same end."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import time
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import torch

from inference.training.options import BoxRow, Checkpoints, TrainingOptions, TrainingRow

EVERY_SECONDS = 15.0
"""A checkpoint is five times the weights: not written more often than this."""


class Keeper:
    """Writes a run's checkpoints, and finds the last one of the very same run."""

    def __init__(self, checkpoints: Checkpoints | None, fingerprint: str) -> None:
        self._checkpoints = checkpoints
        self._fingerprint = fingerprint
        self._written = time.monotonic()

    def read(self) -> dict[str, Any] | None:
        """What was kept last; None where nothing was, it is not whole, or it is of another run."""
        content = self._checkpoints.read() if self._checkpoints else None
        if content is None:
            return None
        try:
            saved = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
            return None
        return saved["state"] if saved.get("fingerprint") == self._fingerprint else None

    def is_due(self) -> bool:
        """Whether it is time to write another."""
        return self._checkpoints is not None and time.monotonic() - self._written >= EVERY_SECONDS

    def write(self, state: dict[str, Any]) -> None:
        """Keep `state`, tensors and plain values."""
        if self._checkpoints is None:
            return
        buffer = io.BytesIO()
        torch.save({"fingerprint": self._fingerprint, "state": state}, buffer)
        self._checkpoints.write(buffer.getvalue())
        self._written = time.monotonic()


def fingerprint(rows: Sequence[TrainingRow | BoxRow], labels: Sequence[str], options: TrainingOptions) -> str:
    """SHA-256 in hex of all that decides what comes out of a run."""
    base = hashlib.sha256(options.base.read_bytes()).hexdigest() if options.base else None
    said = [
        torch.__version__,
        options.to_json() | {"base": base},
        list(labels),
        [astuple(row) for row in sorted(rows, key=lambda row: row.sha256)],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
