"""`python -m inference.foreign.profiling`: how fast a model file is here, in floats and in int8, and what int8 costs.

Asked `{paths, calibration, judged, truth, contexts, int8, each, memory, seconds}`: `paths` one file, or those of an
ensemble, `calibration` and `judged` .npy files of uint8 [N, 3, S, S] or null, `truth` of those judged the label keys,
or of a detector `{boxes, labels}` in ratios of its square input, or null, `contexts` of those judged the images'
contexts or null, `int8` where to write the quantised model, `each` the seconds of one figure. Says its progress, then
the profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from inference.domain.average_precision import evaluate_boxes, judged
from inference.domain.readings import readings_of
from inference.foreign.bounds import answer, say
from inference.foreign.timing import FP32, INT8, Timing, cores, machine
from inference.runtimes import Found, Runtime, RuntimeRefused, contract, ensemble, load

BATCHES = (1, 8, 32)
PART = 32


def profile(asked: dict[str, Any]) -> dict[str, Any]:
    """The whole profile. Raises RuntimeRefused where the model cannot be loaded."""
    notes: list[str] = []
    files = {FP32: [Path(path).read_bytes() for path in asked["paths"]]}
    calibration, pictures = (_pictures(asked[name]) for name in ("calibration", "judged"))
    ensemble("onnx", files[FP32])
    say({"progress": 0.02})
    try:
        files[INT8] = [_quantised(files[FP32], calibration)]
        Path(asked["int8"]).write_bytes(files[INT8][0])
        load("onnx", files[INT8][0])
    except RuntimeRefused as refused:
        files.pop(INT8, None)
        notes.append(refused.reason)
    say({"progress": 0.15})
    threads = sorted({1, cores()})
    plan = list(product(files, threads, BATCHES))
    timings = []
    for done, (precision, count, batch) in enumerate(plan, start=1):
        runtime = ensemble("onnx", files[precision], threads=count)
        timing = Timing.of(runtime, batch=batch, seconds=asked["each"])
        timings.append({"precision": precision, "threads": count, **timing.as_json()})
        say({"progress": 0.15 + 0.7 * done / len(plan)})
    precisions: dict[str, dict[str, Any]] = {
        name: {"bytes": sum(len(each) for each in own)} for name, own in files.items()
    }
    if pictures is not None:
        _compare(files, pictures, asked["truth"], asked["contexts"], precisions)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "latency_ms": timings[0]["p95_ms"],
        "timings": timings,
        "precisions": precisions,
        "judged": 0 if pictures is None else len(pictures),
        "notes": notes,
    }


def _quantised(files: list[bytes], pictures: np.ndarray | None) -> bytes:
    try:
        from inference.foreign.quantising import LEAST_PICTURES, quantised
    except ImportError as error:
        raise RuntimeRefused(
            f"int8 needs a package that is not here ({error.name}): run `make setup`."
        ) from error
    if len(files) > 1:
        raise RuntimeRefused("int8 is of one file: quantise the models first, and join what comes of it.")
    if load("onnx", files[0]).context:
        raise RuntimeRefused("int8 is not made of a model that is told readings beside the picture.")
    if pictures is None or len(pictures) < LEAST_PICTURES:
        raise RuntimeRefused(f"int8 was left out: it is calibrated on {LEAST_PICTURES} pictures or more.")
    return quantised(files[0], pictures)


def _pictures(path: str | None) -> np.ndarray | None:
    return np.load(path, allow_pickle=False) if path else None


def _compare(
    files: dict[str, list[bytes]],
    pictures: np.ndarray,
    truth: list[Any] | None,
    contexts: list[dict[str, Any]] | None,
    found: dict[str, dict[str, Any]],
) -> None:
    """How often each precision is right, and says the same as the floats do."""
    runtimes = {name: ensemble("onnx", own, threads=cores()) for name, own in files.items()}
    if runtimes[FP32].task == contract.CLASSIFICATION:
        names = runtimes[FP32].context
        told = np.array([readings_of(each, names) for each in contexts]) if names and contexts else None
        _compare_labels(runtimes, pictures, told, truth, found)
    else:
        _compare_boxes(runtimes, pictures, truth, found)


def _compare_labels(
    runtimes: dict[str, Runtime],
    pictures: np.ndarray,
    told: np.ndarray | None,
    truth: list[str] | None,
    found: dict[str, dict[str, Any]],
) -> None:
    parts = _parts(pictures)
    beside = _parts(told) if told is not None else [None] * len(parts)
    answers = {
        name: np.concatenate(
            [
                runtime.predict(part, readings).probabilities.argmax(axis=1)
                for part, readings in zip(parts, beside, strict=True)
            ]
        )
        for name, runtime in runtimes.items()
    }
    for name, said in answers.items():
        found[name]["agreement"] = float((said == answers[FP32]).mean())
        if truth is not None:
            labels = np.array(runtimes[name].labels)
            found[name]["right"] = int((labels[said] == np.array(truth)).sum())
            found[name]["labelled"] = len(truth)


def _compare_boxes(
    runtimes: dict[str, Runtime],
    pictures: np.ndarray,
    truth: list[dict[str, Any]] | None,
    found: dict[str, dict[str, Any]],
) -> None:
    """Agreement is the F1 of a precision's boxes held against those of the floats."""
    answers = {
        name: [_sure(each, runtime.floor) for part in _parts(pictures) for each in runtime.detect(part)]
        for name, runtime in runtimes.items()
    }
    floats = [(each.boxes, [str(label) for label in each.labels]) for each in answers[FP32]]
    for name, said in answers.items():
        own = runtimes[name].labels
        found[name]["agreement"] = _boxes_right(said, floats, [str(place) for place in range(len(own))])["f1"]
        if truth is not None:
            held = [(np.array(each["boxes"], dtype=np.float64), each["labels"]) for each in truth]
            figures = _boxes_right(said, held, own)
            found[name] |= {"f1": figures["f1"], "map": figures["map"], "labelled": len(truth)}


def _boxes_right(
    said: list[Found], held: list[tuple[np.ndarray, list[str]]], labels: Sequence[str]
) -> dict[str, Any]:
    """`average_precision.evaluate_boxes` of found boxes; what is there of a label the model does not know counts."""
    others = sorted({label for _, own in held for label in own} - set(labels))
    known = [*labels, *others]
    index = {label: place for place, label in enumerate(known)}
    images = [
        judged(
            each.boxes,
            each.scores,
            each.labels,
            boxes.reshape(-1, 4),
            np.array([index[label] for label in own], dtype=np.intp),
        )
        for each, (boxes, own) in zip(said, held, strict=True)
    ]
    return evaluate_boxes(images, known, 0.0)


def _sure(found: Found, floor: float) -> Found:
    kept = found.scores >= floor
    return Found(found.boxes[kept], found.scores[kept], found.labels[kept])


def _parts(pictures: np.ndarray) -> list[Any]:
    return [pictures[start : start + PART] for start in range(0, len(pictures), PART)]


if __name__ == "__main__":
    answer(profile)
