"""The file of a detector whose answer is known, for tests."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from inference.imaging import Preprocessing
from inference.runtimes import contract
from tests.factories.inference import SIZE


def detector(label=1, score=0.9, overlap=0.5, batch=0, resize="squash", doubt=0.2):
    """The bytes of a detector that sees one thing, twice over, in every picture, and one it doubts,
    of label 0 with the score `doubt`."""
    rows = {
        contract.BOXES: (TensorProto.FLOAT, [[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.52], [0.6, 0.6, 1, 1]]),
        contract.SCORES: (TensorProto.FLOAT, [score - 0.1, score, doubt]),
        contract.LABELS: (TensorProto.INT64, [label, label, 0]),
    }
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels", "axes"], ["means"], keepdims=0),
        helper.make_node("Mul", ["means", "zero"], ["nothing"]),
    ]
    constants = [
        helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3]),
        helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
    ]
    outputs = []
    for name, (kind, values) in rows.items():
        shape = list(np.shape(values))
        ones = [1] * len(shape)
        constants += [
            helper.make_tensor(f"{name} value", kind, [1, *shape], np.ravel(values).tolist()),
            helper.make_tensor(f"{name} shape", TensorProto.INT64, [1 + len(shape)], [-1, *ones]),
        ]
        nodes += [
            helper.make_node("Reshape", ["nothing", f"{name} shape"], [f"{name} none"]),
            helper.make_node("Cast", [f"{name} none"], [f"{name} zero"], to=kind),
            helper.make_node("Add", [f"{name} value", f"{name} zero"], [name]),
        ]
        outputs.append(helper.make_tensor_value_info(name, kind, [batch or "N", *shape]))
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, [batch or "N", 3, SIZE, SIZE])
    graph = helper.make_graph(nodes, "boxes", [images], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    card = contract.ModelCard(
        ("cup", "plate"),
        Preprocessing(size=SIZE, resize=resize),
        1.0,
        "boxes",
        contract.DETECTION,
        batch,
        overlap,
    )
    helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model)
    return model.SerializeToString()
