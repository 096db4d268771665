"""What a model may cost, and whether it keeps to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Costs:
    """What a model takes: `latency_ms` the p95 of one picture on one thread, None where it was not measured;
    `bytes` its files together."""

    latency_ms: float | None
    bytes: int


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that each may be; None is not bounded."""

    latency_ms: float | None = None
    bytes: int | None = None
