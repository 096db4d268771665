"""ONNX Runtime: loads a model file, checks that it keeps the contract, and scores batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime

from inference.domain.boxes import suppress
from inference.runtimes import Found, RuntimeRefused, Scores, checks, contract

_ERRORS_ONLY = 3
_NOTHING = 0.01
_MOST_BOXES = 1000
_NOWHERE = "/nowhere"
"""No folder: a model's weights lie within its file."""


def load(model: bytes, *, threads: int = 1) -> OnnxRuntime:
    """Load a model from its bytes; raises RuntimeRefused with the reason."""
    return OnnxRuntime(model, threads=threads)


def run_once(model: bytes, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every output of a graph that keeps no contract; raises RuntimeRefused where it cannot be loaded or run."""
    session = _session(model, threads=1)
    names = [each.name for each in session.get_outputs()]
    try:
        return dict(zip(names, session.run(names, dict(given)), strict=True))
    except Exception as error:  # its own exceptions have no common public base
        raise RuntimeRefused(f"The model cannot be run: {checks.first_line(error)}") from error


class OnnxRuntime:
    """A model served by ONNX Runtime on the processor; safe to call from several threads."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        self._session = _session(model, threads)
        card = contract.ModelCard.from_metadata(self._session.get_modelmeta().custom_metadata_map)
        self.labels = card.labels
        self.preprocessing = card.preprocessing
        self.temperature = card.temperature
        self.architecture = card.architecture
        self.task = card.task
        self.floor = card.floor
        self.context = card.context
        self._batch, self._overlap = card.batch, card.overlap
        self._shape = (3, card.preprocessing.size, card.preprocessing.size)
        self._outputs = self._names()
        self._looks = contract.ACTIVATION in {each.name for each in self._session.get_outputs()}
        checks.check(self, self._shape)

    def predict(self, batch: np.ndarray, readings: np.ndarray | None = None) -> Scores:
        """Score uint8 [N, 3, size, size], N ≥ 1, with `readings` float32 [N, K] where the model takes some.

        Raises ValueError for any other array, or for a detector.
        """
        if self.task != contract.CLASSIFICATION:
            raise ValueError("The model finds boxes: it detects, it does not classify.")
        given = dict(zip(self._outputs, self._run(batch, self._outputs, readings), strict=True))
        return Scores(
            given[contract.PROBABILITIES],
            given[contract.RAW_PROBABILITIES],
            given[contract.EMBEDDING],
            given.get(contract.DISAGREEMENT),
        )

    def detect(self, batch: np.ndarray) -> list[Found]:
        """What is in each picture of uint8 [N, 3, size, size]. Raises ValueError as `predict` does."""
        if self.task != contract.DETECTION:
            raise ValueError("The model classifies: it has no boxes.")
        return [self._found(*picture) for picture in zip(*self._run(batch, self._outputs), strict=True)]

    def look(self, batch: np.ndarray) -> np.ndarray | None:
        """Activation maps [N, h, w] of the predicted labels; None where the graph does not give them out."""
        return self._run(batch, [contract.ACTIVATION])[0] if self._looks else None

    def _found(self, boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray) -> Found:
        if not (np.all(np.isfinite(boxes)) and np.all(np.isfinite(scores))):
            raise ValueError("The model's boxes or scores have NaN or infinity in them.")
        sure = np.flatnonzero(scores > _NOTHING)
        sure = sure[np.argsort(-scores[sure], kind="stable")][:_MOST_BOXES]
        if self._overlap < 1:
            sure = sure[suppress(boxes[sure], scores[sure], labels[sure], self._overlap)]
        return Found(boxes[sure], np.minimum(scores[sure], 1), labels[sure].astype(np.intp))

    def _run(
        self, batch: np.ndarray, outputs: Sequence[str], readings: np.ndarray | None = None
    ) -> list[np.ndarray]:
        if batch.dtype != np.uint8 or batch.ndim != 4 or batch.shape[1:] != self._shape or not len(batch):
            channels, height, width = self._shape
            raise ValueError(
                f"The batch must be uint8 [N, {channels}, {height}, {width}], "
                f"not {batch.dtype} {list(batch.shape)}."
            )
        given = {contract.INPUT: np.ascontiguousarray(batch)}
        if self.context:
            given[contract.CONTEXT] = self._readings(readings, len(batch))
        if not self._batch or len(batch) == self._batch:
            return self._session.run(list(outputs), given)
        return self._run_in_parts(given, len(batch), outputs)

    def _readings(self, readings: np.ndarray | None, count: int) -> np.ndarray:
        shape = (count, len(self.context))
        if readings is None:
            return np.full(shape, np.nan, dtype=np.float32)
        if readings.dtype != np.float32 or readings.shape != shape:
            raise ValueError(
                f"The readings must be float32 {list(shape)}, not {readings.dtype} {list(readings.shape)}."
            )
        return np.ascontiguousarray(readings)

    def _run_in_parts(
        self, given: Mapping[str, np.ndarray], count: int, outputs: Sequence[str]
    ) -> list[np.ndarray]:
        """A graph that takes so many at once and no other number: the last part is filled up with black."""
        whole = -(-count // self._batch) * self._batch
        filled = {
            name: np.concatenate([each, np.zeros((whole - count, *each.shape[1:]), dtype=each.dtype)])
            for name, each in given.items()
        }
        parts = [
            self._session.run(
                list(outputs), {name: each[start : start + self._batch] for name, each in filled.items()}
            )
            for start in range(0, whole, self._batch)
        ]
        return [np.concatenate(each)[:count] for each in zip(*parts, strict=True)]

    def _names(self) -> tuple[str, ...]:
        """The outputs to ask for; raises RuntimeRefused where the contract's names are not there."""
        inputs = {each.name: each.type for each in self._session.get_inputs()}
        beside = {contract.CONTEXT: "tensor(float)"} if self.context else {}
        if inputs != {contract.INPUT: "tensor(uint8)", **beside}:
            wanted = f"one input must be uint8 {contract.INPUT!r}"
            if beside:
                wanted = f"inputs must be uint8 {contract.INPUT!r} and float {contract.CONTEXT!r}"
            raise RuntimeRefused(f"The model's {wanted}; it has {inputs}.")
        outputs = {each.name for each in self._session.get_outputs()}
        detects = self.task == contract.DETECTION
        required = contract.DETECTION_OUTPUTS if detects else contract.OUTPUTS
        if missing := [name for name in required if name not in outputs]:
            raise RuntimeRefused(
                f"The model lacks the output {', '.join(missing)}; it has {', '.join(sorted(outputs))}."
            )
        return required if detects else (*required, *(n for n in contract.OPTIONAL if n in outputs))


def _session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Spinning threads would burn a core that the web and the database need between two batches.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Else a file that says so would have its weights read from any file in the folder that this process stands in.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", _NOWHERE)
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own exceptions have no common public base
        raise RuntimeRefused(
            f"The file is not an ONNX model that can be loaded: {checks.first_line(error)}"
        ) from error
