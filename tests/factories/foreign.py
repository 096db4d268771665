"""Models as others export them: classifiers and detectors that keep no contract of ours."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE = 32
FLOAT = TensorProto.FLOAT


def weight(name, value, kind=np.float32):
    return numpy_helper.from_array(np.asarray(value, dtype=kind), name)


def graph_of(nodes, outputs, weights=(), shape=("N", 3, SIDE, SIDE), kind=FLOAT, opset=17, name="pixels"):
    """A model whose input is `name` of that shape; `outputs` are names, or (name, type)."""
    gives = [(each, FLOAT) if isinstance(each, str) else each for each in outputs]
    graph = helper.make_graph(
        nodes,
        "theirs",
        [helper.make_tensor_value_info(name, kind, list(shape))],
        [helper.make_tensor_value_info(output, of, None) for output, of in gives],
        list(weights),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def means_classifier(head=(), axes=(2, 3), sharpness=8.0, columns=3, **shape):
    """Scores are the channels' means, in the order of its own channels, times `sharpness`; `head` nodes go last,
    from `scores` to `out`."""
    table = np.zeros((3, columns))
    table[:3, :3] = np.eye(3)[:, :columns] * sharpness
    nodes = [
        helper.make_node("ReduceMean", ["pixels"], ["means"], axes=list(axes), keepdims=0),
        helper.make_node("MatMul", ["means", "table"], ["scores"]),
        *(head or [helper.make_node("Identity", ["scores"], ["out"])]),
    ]
    return graph_of(nodes, ["out"], [weight("table", table)], **shape)


def softmaxed():
    return [helper.make_node("Softmax", ["scores"], ["out"], axis=1)]


def brightest_pixel(kind):
    """A detector that finds one thing, always at the same place: x 8..24, y 4..12 of 32, the second of two labels.

    `kind` is yolo, yolo_turned, detr, detr_sigmoid, detections.
    """
    rows, centre = 2, [16, 8, 16, 8]
    nodes = [
        # Nothing of the picture but its number: enough for a free batch.
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Squeeze", ["nothing", "last"], ["flat"]),
    ]
    weights = [weight("zero", 0), weight("last", [3], np.int64)]

    def constant(name, value):
        weights.append(weight(f"{name}_value", value))
        nodes.append(helper.make_node("Add", ["flat", f"{name}_value"], [name]))

    ratios = np.array(centre) / SIDE
    if kind.startswith("yolo"):
        table = np.array([[*centre, 0.1, 0.9], [2, 2, 2, 2, 0.05, 0.02]])
        constant("output0", [table if kind == "yolo_turned" else table.T])
        return graph_of(nodes, ["output0"], weights)
    if kind.startswith("detr"):
        logits = [[-4, 4, 0], [-4, -4, 6]] if kind == "detr" else [[-4, 4], [-6, -6]]
        constant("logits", [logits])
        constant("pred_boxes", [[ratios, [0.1, 0.1, 0.1, 0.1]]])
        return graph_of(nodes, ["logits", "pred_boxes"], weights)
    constant("boxes", [[[8, 4, 24, 12], [1, 1, 3, 3]]])
    weights += [weight("pair", np.zeros((1, rows))), weight("offsets", [[2, 0]])]
    nodes += [
        helper.make_node("Squeeze", ["flat", "middle"], ["line"]),
        helper.make_node("Add", ["line", "certain"], ["scores"]),
        helper.make_node("Add", ["line", "offsets"], ["places"]),
        helper.make_node("Cast", ["places"], ["labels"], to=TensorProto.INT64),
    ]
    weights += [weight("middle", [2], np.int64), weight("certain", [[0.9, 0.2]])]
    return graph_of(nodes, ["boxes", "scores", ("labels", TensorProto.INT64)], weights)
