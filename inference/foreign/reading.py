"""Reading an ONNX file that nobody vouches for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import shape_inference, version_converter
from onnx.external_data_helper import load_external_data_for_model

from inference.runtimes import RuntimeRefused
from inference.runtimes.checks import first_line

OLDEST, CONVERTED = 13, 17
"""Opsets: an older graph is converted, since operators meant other things before."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a graph: its element type as onnx numbers it, and its shape, None where it is free."""

    name: str
    kind: int
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        sides = ", ".join("?" if side is None else str(side) for side in self.shape)
        return f"{self.name} [{sides}]"


def read(path: Path) -> onnx.ModelProto:
    """The model in a file, whole: what lies in files beside it is taken in. Raises RuntimeRefused."""
    try:
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise RuntimeRefused(f"The model file cannot be read: {error.strerror}: {path.name}.") from error
    except Exception as error:  # protobuf's own have no public base
        raise RuntimeRefused("The file is not an ONNX model: it cannot be parsed.") from error
    if not model.graph.node:
        raise RuntimeRefused("The file is not an ONNX model: it has no graph in it.")
    _take_in(model, path.parent)
    return model


def brought_up_to_date(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph, of an opset that is OLDEST or newer, with the shapes that follow. Raises RuntimeRefused.

    It is not held against the letter of the standard, which many an exporter breaks and no runtime minds.
    """
    opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), OLDEST)
    if opset < OLDEST:
        try:
            model = version_converter.convert_version(model, CONVERTED)
        except Exception as error:
            raise RuntimeRefused(
                f"The model is of opset {opset} and cannot be brought to {CONVERTED}: {first_line(error)} "
                f"Export it again with opset {OLDEST} or newer."
            ) from error
    try:
        return shape_inference.infer_shapes(model)
    except Exception:
        # Shapes that cannot be told beforehand are seen when it runs.
        return model


def inputs(model: onnx.ModelProto) -> list[Tensor]:
    """What the graph must be given: weights that old files list among the inputs are left out."""
    weights = {each.name for each in model.graph.initializer}
    return [_tensor(each) for each in model.graph.input if each.name not in weights]


def _tensor(info: onnx.ValueInfoProto) -> Tensor:
    kind = info.type.tensor_type
    shape = tuple(side.dim_value if side.dim_value > 0 else None for side in kind.shape.dim)
    return Tensor(info.name, kind.elem_type, shape)


def _take_in(model: onnx.ModelProto, folder: Path) -> None:
    """Weights in files beside the model become part of it; none is read from anywhere else."""
    home = folder.resolve()
    places = {
        entry.value
        for tensor in _tensors_of(model)
        if tensor.data_location == onnx.TensorProto.EXTERNAL
        for entry in tensor.external_data
        if entry.key == "location"
    }
    for place in sorted(places):
        if os.path.isabs(place) or not (home / place).resolve().is_relative_to(home):
            raise RuntimeRefused(
                f"The model's weights lie in {place!r}, outside its own folder: nothing is read from there. "
                "Save it as one file."
            )
        if not (home / place).is_file():
            raise RuntimeRefused(
                f"The model's weights lie in {place!r}, which did not come with it: save it as one file."
            )
    if places:
        try:
            load_external_data_for_model(model, str(home))
        except Exception as error:
            raise RuntimeRefused(
                f"The model's weights beside it cannot be read: {first_line(error)}"
            ) from error


def _tensors_of(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from _tensors(model.graph)
    for function in model.functions:
        yield from _in_nodes(function.node)


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _in_nodes(graph.node)


def _in_nodes(nodes: object) -> Iterator[onnx.TensorProto]:
    for node in nodes:  # type: ignore[attr-defined]
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            if attribute.HasField("sparse_tensor"):
                yield from (attribute.sparse_tensor.values, attribute.sparse_tensor.indices)
            for graph in (*((attribute.g,) if attribute.HasField("g") else ()), *attribute.graphs):
                yield from _tensors(graph)
