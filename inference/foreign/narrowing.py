"""`python -m inference.foreign.narrowing`: a narrower model learns from a classifier's answers and is held beside it.

Asked `{paths, pictures, truth, splits, architecture, options, out, kept, memory, seconds}`: `paths` the parent's files,
`pictures` an .npy file of uint8 [N, 3, S, S], `truth` the label key of each, `splits` of each `train`, `val` or
`judged`, `out` and `kept` where to write the model and the weights to go on from. Says its progress, then
`{right, parent_right, labelled, agreement, latency_ms, parent_latency_ms, bytes, parent_bytes, learned}`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from inference.foreign.bounds import answer, say
from inference.foreign.timing import Timing
from inference.runtimes import Runtime, RuntimeRefused, ensemble, load

PART = 32
TRAINING = 0.9
EACH_SECONDS = 0.5


def narrow(asked: dict[str, Any]) -> dict[str, Any]:
    """Train, and measure both. Raises RuntimeRefused with the reason that it came to nothing."""
    try:
        from inference.training.narrowing import narrowed
        from inference.training.options import TrainingOptions, TrainingRefused
    except ImportError as error:
        raise RuntimeRefused(
            f"A narrower model needs packages that are not here ({error.name}): run `make setup`."
        ) from error
    files = [Path(path).read_bytes() for path in asked["paths"]]
    parent = ensemble("onnx", files)
    if parent.context:
        raise RuntimeRefused(
            f"The model is told {', '.join(parent.context)} beside the picture; a narrower one is made of what sees "
            "pictures alone."
        )
    pictures, splits = np.load(asked["pictures"], allow_pickle=False), np.array(asked["splits"])
    index = {label: place for place, label in enumerate(parent.labels)}
    truth = np.array([index.get(label, -1) for label in asked["truth"]])
    chosen = {name: splits == name for name in ("train", "val", "judged")}
    preprocessing = parent.preprocessing
    try:
        content = narrowed(
            parent,
            train=(pictures[chosen["train"]], truth[chosen["train"]].tolist()),
            val=(pictures[chosen["val"]], truth[chosen["val"]].tolist()),
            options=TrainingOptions(
                architecture=asked["architecture"],
                size=preprocessing.size,
                resize=preprocessing.resize,
                **asked["options"],
            ),
            kept=Path(asked["kept"]),
            heard=lambda share: say({"progress": TRAINING * share}),
        )
    except TrainingRefused as refused:
        raise RuntimeRefused(refused.reason) from refused
    Path(asked["out"]).write_bytes(content)
    made = load("onnx", content)
    said, before = (_answers(runtime, pictures[chosen["judged"]]) for runtime in (made, parent))
    known = truth[chosen["judged"]]
    timings = [Timing.of(runtime, batch=1, seconds=EACH_SECONDS).p50_ms for runtime in (made, parent)]
    return {
        "right": int((said == known).sum()),
        "parent_right": int((before == known).sum()),
        "labelled": len(known),
        "agreement": float((said == before).mean()) if len(known) else None,
        "latency_ms": timings[0],
        "parent_latency_ms": timings[1],
        "bytes": len(content),
        "parent_bytes": sum(len(each) for each in files),
        "learned": int(chosen["train"].sum()),
    }


def _answers(runtime: Runtime, pictures: np.ndarray) -> np.ndarray:
    parts = [pictures[start : start + PART] for start in range(0, len(pictures), PART)]
    said = [runtime.predict(part).probabilities.argmax(axis=1) for part in parts]
    return np.concatenate([np.empty(0, dtype=np.intp), *said])


if __name__ == "__main__":
    answer(narrow)
