"""What a loaded model is asked before it may serve: two pictures, and whether its answers are what it promised."""

from __future__ import annotations

import numpy as np

from inference.runtimes import Found, Runtime, RuntimeRefused, Scores, contract


def check(runtime: Runtime, shape: tuple[int, int, int]) -> None:
    """Ask about one black picture and one of noise: what shapes and sums promise must hold of real outputs.

    Raises RuntimeRefused naming the output that is wrong.
    """
    batch = np.zeros((2, *shape), dtype=np.uint8)
    batch[1] = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    try:
        answer: Scores | list[Found]
        answer = runtime.detect(batch) if runtime.task == contract.DETECTION else runtime.predict(batch)
    except Exception as error:  # ONNX Runtime's own exceptions have no common public base
        raise RuntimeRefused(
            f"The model does not take a batch of two uint8 {list(shape)}: {first_line(error)}"
        ) from error
    if isinstance(answer, Scores):
        _check_scores(answer, len(runtime.labels))
    else:
        for found in answer:
            _check_found(found, len(runtime.labels))


def first_line(error: Exception) -> str:
    """What an exception says, in one line of at most 300 characters."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def _check_scores(scores: Scores, labels: int) -> None:
    for name, values in (
        (contract.PROBABILITIES, scores.probabilities),
        (contract.RAW_PROBABILITIES, scores.raw_probabilities),
    ):
        if values.shape != (2, labels):
            raise RuntimeRefused(
                f"The model's {name} are {list(values.shape)} for two images; "
                f"with {labels} labels they must be {[2, labels]}."
            )
        if not np.all(np.isfinite(values)):
            raise RuntimeRefused(f"The model's {name} are not all numbers: it gives out NaN or infinity.")
        if not (np.all(values >= 0) and np.allclose(values.sum(axis=1), 1, atol=1e-3)):
            raise RuntimeRefused(f"The model's {name} must be at least 0 and add up to 1 for each image.")
    vectors, apart = scores.embeddings, scores.disagreement
    if vectors.ndim != 2 or len(vectors) != 2:
        raise RuntimeRefused(
            f"The model's {contract.EMBEDDING} is {list(vectors.shape)} for two images; it must be [2, D]."
        )
    if not np.all(np.isfinite(vectors)):
        raise RuntimeRefused(f"The model's {contract.EMBEDDING} has NaN or infinity in it.")
    if apart is not None and (apart.shape != (2,) or not np.all(np.isfinite(apart))):
        raise RuntimeRefused(f"The model's {contract.DISAGREEMENT} must be one number an image.")


def _check_found(found: Found, labels: int) -> None:
    if found.boxes.ndim != 2 or found.boxes.shape[1:] != (4,):
        raise RuntimeRefused(
            f"The model's {contract.BOXES} are {list(found.boxes.shape)} an image; they must be [N, 4]."
        )
    if len(found.labels) and not (found.labels.min() >= 0 and found.labels.max() < labels):
        raise RuntimeRefused(
            f"The model found label {int(found.labels.max())}; with {labels} labels they go from 0 to {labels - 1}."
        )
