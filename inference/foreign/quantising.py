"""A model file in 8-bit integers: static QDQ quantisation, calibrated on pictures as it will see them."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from inference.runtimes import RuntimeRefused, contract
from inference.runtimes.checks import first_line

LEAST_PICTURES = 16
_HEAVY = ("Conv", "ConvTranspose", "Gemm", "MatMul")


class _Pictures(CalibrationDataReader):
    def __init__(self, pictures: np.ndarray, batch: int) -> None:
        count = len(pictures) // batch * batch
        self._batches: Iterator[np.ndarray] = iter(
            [pictures[start : start + batch] for start in range(0, count, batch)]
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self._batches, None)
        return None if batch is None else {contract.INPUT: batch}


def quantised(content: bytes, pictures: np.ndarray) -> bytes:
    """The same model with weights and activations in int8; `pictures` are uint8 [N, 3, S, S], LEAST_PICTURES or more.

    Its card stays as it is, but for the name of its architecture. What comes after the last layer of weights that is
    not the head's, and what prepares the pixels, stays in floats. Raises RuntimeRefused.
    """
    # Each node that it cannot quantise is a warning to nobody.
    logging.getLogger().setLevel(logging.ERROR)
    model = onnx.load_from_string(content)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    batch = int(metadata.get("vouch.batch", 0)) or 1
    with tempfile.TemporaryDirectory(prefix="vouch-int8-") as folder:
        before, ready, made = (Path(folder) / name for name in ("fp32.onnx", "ready.onnx", "int8.onnx"))
        before.write_bytes(content)
        try:
            quant_pre_process(str(before), str(ready), skip_symbolic_shape=True)
            quantize_static(
                str(ready),
                str(made),
                _Pictures(pictures, batch),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=_left_in_floats(onnx.load(ready)),
            )
        except Exception as error:  # it raises whatever the graph made it stumble on
            raise RuntimeRefused(f"The model cannot be quantised: {first_line(error)}") from error
        whole = onnx.load(made)
    metadata["vouch.architecture"] = f"{metadata['vouch.architecture']}, int8"[:200]
    onnx.helper.set_model_props(whole, metadata)
    return whole.SerializeToString(deterministic=True)


def _left_in_floats(model: onnx.ModelProto) -> list[str]:
    """Nodes that no heavy layer comes before, or none after: the pixels' preparation and the head."""
    nodes = list(model.graph.node)
    maker = {name: place for place, node in enumerate(nodes) for name in node.output}
    takers: dict[int, list[int]] = {place: [] for place in range(len(nodes))}
    for place, node in enumerate(nodes):
        for name in node.input:
            if name in maker:
                takers[maker[name]].append(place)
    heavy = {place for place, node in enumerate(nodes) if node.op_type in _HEAVY}
    after: set[int] = set()
    for place, node in enumerate(nodes):
        made_from = {maker[name] for name in node.input if name in maker}
        if made_from & (heavy | after):
            after.add(place)
    before: set[int] = set()
    for place in reversed(range(len(nodes))):
        if any(taker in heavy or taker in before for taker in takers[place]):
            before.add(place)
    kept = {place for place in heavy if place in before} | (after & before)
    # Where no layer follows another, the one there is stays worth it.
    return [nodes[place].name for place in range(len(nodes)) if place not in (kept or heavy)]
