"""Putting nodes around a graph that is already there."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import compose, helper, numpy_helper

INNER = "inner/"
"""Before every name of the graph within, so that none of ours clashes with one of its own."""


class Around:
    """A graph within, and what is put before and after it."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = compose.add_prefix(model, INNER)
        self._before: list[onnx.NodeProto] = []
        self._after: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._count = 0

    def before(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node before the graph within; returns the name of what it gives out."""
        return self._add(self._before, operator, inputs, output, attributes)

    def after(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node after the graph within; returns the name of what it gives out."""
        return self._add(self._after, operator, inputs, output, attributes)

    def constant(self, value: Any, kind: type = np.float32) -> str:
        """A weight of that value; returns its name."""
        self._count += 1
        name = f"vouch/constant_{self._count}"
        self._weights.append(numpy_helper.from_array(np.asarray(value, dtype=kind), name))
        return name

    def close(
        self, given: onnx.ValueInfoProto, gives: list[onnx.ValueInfoProto], metadata: dict[str, str]
    ) -> onnx.ModelProto:
        """The whole as one model with one input and these outputs."""
        inner = self.model.graph
        weights = [*inner.initializer, *self._weights]
        graph = helper.make_graph(
            [*self._before, *inner.node, *self._after],
            "vouch",
            [given],
            gives,
            weights,
            sparse_initializer=list(inner.sparse_initializer),
        )
        whole = helper.make_model(
            graph,
            opset_imports=list(self.model.opset_import),
            functions=list(self.model.functions),
            ir_version=max(self.model.ir_version, 8),
        )
        helper.set_model_props(whole, metadata)
        return whole

    def _add(
        self,
        nodes: list[onnx.NodeProto],
        operator: str,
        inputs: tuple[str, ...],
        output: str,
        attributes: dict[str, Any],
    ) -> str:
        self._count += 1
        name = output or f"vouch/{operator.lower()}_{self._count}"
        nodes.append(
            helper.make_node(operator, list(inputs), [name], name=f"vouch/{self._count}", **attributes)
        )
        return name
