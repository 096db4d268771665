"""`python -m inference.foreign.profiling`: how fast a model file is here, in floats and in int8, and what int8 costs.

Asked `{path, calibration, judged, truth, int8, each, memory, seconds}`: `calibration` and `judged` .npy files of uint8
[N, 3, S, S] or null, `truth` the label keys of those judged or null, `int8` where to write the quantised model, `each`
the seconds of one figure. Says its progress, then the profile.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from inference.foreign.bounds import answer, say
from inference.foreign.timing import FP32, INT8, Timing, cores, machine
from inference.runtimes import Runtime, RuntimeRefused, contract, load

BATCHES = (1, 8, 32)
PART = 32


def profile(asked: dict[str, Any]) -> dict[str, Any]:
    """The whole profile. Raises RuntimeRefused where the model cannot be loaded."""
    path, notes = Path(asked["path"]), []
    files = {FP32: path.read_bytes()}
    calibration, judged = (_pictures(asked[name]) for name in ("calibration", "judged"))
    load("onnx", files[FP32])
    say({"progress": 0.02})
    try:
        files[INT8] = _quantised(files[FP32], calibration)
        Path(asked["int8"]).write_bytes(files[INT8])
        load("onnx", files[INT8])
    except RuntimeRefused as refused:
        files.pop(INT8, None)
        notes.append(refused.reason)
    say({"progress": 0.15})
    threads = sorted({1, cores()})
    plan = list(product(files, threads, BATCHES))
    timings = []
    for done, (precision, count, batch) in enumerate(plan, start=1):
        runtime = load("onnx", files[precision], threads=count)
        timing = Timing.of(runtime, batch=batch, seconds=asked["each"])
        timings.append({"precision": precision, "threads": count, **timing.as_json()})
        say({"progress": 0.15 + 0.7 * done / len(plan)})
    precisions: dict[str, dict[str, Any]] = {name: {"bytes": len(file)} for name, file in files.items()}
    if judged is not None:
        _compare(files, judged, asked["truth"], precisions)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "latency_ms": timings[0]["p95_ms"],
        "timings": timings,
        "precisions": precisions,
        "judged": 0 if judged is None else len(judged),
        "notes": notes,
    }


def _quantised(content: bytes, pictures: np.ndarray | None) -> bytes:
    try:
        from inference.foreign.quantising import LEAST_PICTURES, quantised
    except ImportError as error:
        raise RuntimeRefused(
            f"int8 needs a package that is not here ({error.name}): run `make setup`."
        ) from error
    if pictures is None or len(pictures) < LEAST_PICTURES:
        raise RuntimeRefused(f"int8 was left out: it is calibrated on {LEAST_PICTURES} pictures or more.")
    return quantised(content, pictures)


def _pictures(path: str | None) -> np.ndarray | None:
    return np.load(path, allow_pickle=False) if path else None


def _compare(
    files: dict[str, bytes], pictures: np.ndarray, truth: list[str] | None, found: dict[str, dict[str, Any]]
) -> None:
    """How often each precision is right, and says the same as the floats do."""
    runtimes = {name: load("onnx", file, threads=cores()) for name, file in files.items()}
    if runtimes[FP32].task != contract.CLASSIFICATION:
        return
    answers = {name: _answers(runtime, pictures) for name, runtime in runtimes.items()}
    for name, said in answers.items():
        found[name]["agreement"] = float((said == answers[FP32]).mean())
        if truth is not None:
            labels = np.array(runtimes[name].labels)
            found[name]["right"] = int((labels[said] == np.array(truth)).sum())
            found[name]["labelled"] = len(truth)


def _answers(runtime: Runtime, pictures: np.ndarray) -> np.ndarray:
    parts = [pictures[start : start + PART] for start in range(0, len(pictures), PART)]
    return np.concatenate([runtime.predict(part).probabilities.argmax(axis=1) for part in parts])


if __name__ == "__main__":
    answer(profile)
