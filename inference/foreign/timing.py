"""How long a loaded model takes, as it serves."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from inference.runtimes import Runtime, contract

FP32, INT8 = "fp32", "int8"
WARM = 3
LEAST, MOST = 10, 400


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one call with `batch` pictures, by quantile over `calls` of them; pictures a second in all."""

    batch: int
    calls: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    images_per_second: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, runtime: Runtime, *, batch: int, seconds: float) -> Timing:
        """Ask it about noise again and again, for about so long: LEAST calls or more, MOST or fewer."""
        size = runtime.preprocessing.size
        pictures = np.random.default_rng(0).integers(0, 256, (batch, 3, size, size), dtype=np.uint8)
        ask: Callable[[np.ndarray], Any]
        ask = runtime.detect if runtime.task == contract.DETECTION else runtime.predict
        for _ in range(WARM):
            ask(pictures)
        taken: list[float] = []
        until = time.monotonic() + seconds
        while len(taken) < LEAST or (len(taken) < MOST and time.monotonic() < until):
            begun = time.perf_counter()
            ask(pictures)
            taken.append(time.perf_counter() - begun)
        p50, p95, p99 = (float(value) * 1000 for value in np.quantile(taken, (0.5, 0.95, 0.99)))
        return cls(batch, len(taken), p50, p95, p99, batch * len(taken) / sum(taken))


def quick_profile(timing: Timing, size: int) -> dict[str, Any]:
    """A profile of one figure: one picture on one thread, of a model file of so many bytes."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "latency_ms": timing.p95_ms,
        "timings": [{"precision": FP32, "threads": 1, **timing.as_json()}],
        "precisions": {FP32: {"bytes": size}},
    }


def machine() -> dict[str, Any]:
    """What a figure was measured on."""
    return {"processor": _processor(), "cores": cores(), "onnxruntime": version("onnxruntime")}


def cores() -> int:
    """How many of the machine's cores this process may use."""
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
