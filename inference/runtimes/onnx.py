"""ONNX Runtime: loads a model file, checks that it keeps the contract, and scores batches."""

from __future__ import annotations

import numpy as np
import onnxruntime

from inference.runtimes import RuntimeRefused, Scores, contract

_ERRORS_ONLY = 3


def load(model: bytes, *, threads: int = 1) -> OnnxRuntime:
    """Load a model from its bytes; raises RuntimeRefused with the reason."""
    return OnnxRuntime(model, threads=threads)


class OnnxRuntime:
    """A model served by ONNX Runtime on the processor; safe to call from several threads."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        self._session = _session(model, threads)
        card = contract.ModelCard.from_metadata(self._session.get_modelmeta().custom_metadata_map)
        self.labels = card.labels
        self.preprocessing = card.preprocessing
        self.temperature = card.temperature
        self.architecture = card.architecture
        self._shape = (3, card.preprocessing.size, card.preprocessing.size)
        self._check_names()
        self._check_scores()

    def predict(self, batch: np.ndarray) -> Scores:
        """Score uint8 [N, 3, size, size], N ≥ 1. Raises ValueError for any other array."""
        if batch.dtype != np.uint8 or batch.ndim != 4 or batch.shape[1:] != self._shape or not len(batch):
            channels, height, width = self._shape
            raise ValueError(
                f"The batch must be uint8 [N, {channels}, {height}, {width}], "
                f"not {batch.dtype} {list(batch.shape)}."
            )
        feed = {contract.INPUT: np.ascontiguousarray(batch)}
        return Scores(*self._session.run(list(contract.OUTPUTS), feed))

    def _check_names(self) -> None:
        inputs = {each.name: each.type for each in self._session.get_inputs()}
        if inputs != {contract.INPUT: "tensor(uint8)"}:
            raise RuntimeRefused(f"The model's one input must be uint8 {contract.INPUT!r}; it has {inputs}.")
        outputs = {each.name for each in self._session.get_outputs()}
        if missing := [name for name in contract.OUTPUTS if name not in outputs]:
            raise RuntimeRefused(
                f"The model lacks the output {', '.join(missing)}; it has {', '.join(sorted(outputs))}."
            )

    def _check_scores(self) -> None:
        """Score two pictures, black and white: what shapes and sums promise must hold of real outputs."""
        batch = np.zeros((2, *self._shape), dtype=np.uint8)
        batch[1] = 255
        try:
            scores = self.predict(batch)
        except Exception as error:  # ONNX Runtime's own exceptions have no common public base
            raise RuntimeRefused(
                f"The model does not take a batch of two uint8 {list(self._shape)}: {_first_line(error)}"
            ) from error
        expected = (2, len(self.labels))
        for name, values in (
            (contract.PROBABILITIES, scores.probabilities),
            (contract.RAW_PROBABILITIES, scores.raw_probabilities),
        ):
            if values.shape != expected:
                raise RuntimeRefused(
                    f"The model's {name} are {list(values.shape)} for two images; "
                    f"with {expected[1]} labels they must be {list(expected)}."
                )
            if not (np.all(values >= 0) and np.allclose(values.sum(axis=1), 1, atol=1e-3)):
                raise RuntimeRefused(f"The model's {name} must be at least 0 and add up to 1 for each image.")
        if scores.embeddings.ndim != 2 or len(scores.embeddings) != 2:
            raise RuntimeRefused(
                f"The model's {contract.EMBEDDING} is {list(scores.embeddings.shape)} for two images; "
                "it must be [2, D]."
            )


def _session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Spinning threads would burn a core that the web and the database need between two batches.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as in _check_scores
        raise RuntimeRefused(
            f"The file is not an ONNX model that can be loaded: {_first_line(error)}"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
