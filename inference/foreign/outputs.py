"""What a model from elsewhere gives out, read as the contract's outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto

from inference.domain.declaration import Declaration
from inference.foreign.building import INNER, Around
from inference.foreign.reading import Tensor
from inference.runtimes import RuntimeRefused, contract

_THROUGH = ("Softmax", "LogSoftmax", "Identity", "Cast", "Add", "Reshape", "Flatten", "Squeeze", "Dropout")
_TO_CORNERS = [[1, 0, 1, 0], [0, 1, 0, 1], [-0.5, 0, 0.5, 0], [0, -0.5, 0, 0.5]]
"""(cx, cy, w, h) times this is (x1, y1, x2, y2)."""


def kind_of(outputs: Sequence[Tensor], declared: Declaration) -> str:
    """Which of `declaration.OUTPUTS` these are, `logits` standing for either kind of score. Raises RuntimeRefused."""
    if declared.output != "auto":
        return declared.output
    names, ranks = {each.name for each in outputs}, [len(each.shape) for each in outputs]
    if set(contract.DETECTION_OUTPUTS) <= names:
        return "detections"
    if {"logits", "pred_boxes"} <= names:
        return "detr"
    if declared.output_name or (len(outputs) == 1 and ranks[0] in (2, 4)):
        return "logits"
    if len(outputs) == 1 and ranks[0] == 3:
        return "yolo"
    if 2 in ranks and ranks.count(2) == 1:
        return "logits"
    found = "; ".join(str(each) for each in outputs)
    raise RuntimeRefused(
        f"It cannot be told what the model's outputs are ({found}): "
        "declare output as logits, probabilities, detections, detr or yolo."
    )


def classified(around: Around, output: Tensor, kind: str, declared: Declaration, embedding: str) -> None:
    """Scores [N, C] or [N, C, 1, 1] as probabilities and the embedding of that name."""
    count = len(declared.labels)
    columns = output.shape[1] if len(output.shape) > 1 else None
    if columns is not None and columns != count:
        raise RuntimeRefused(
            f"The model gives out {columns} scores ({output}), and {count} labels are declared: "
            "name one label for each, - for one that is none of the project's."
        )
    scores = around.after("Flatten", _as_float(around, INNER + output.name), axis=1)
    # A column too few or too many that the graph does not tell beforehand fails here, not in silence.
    scores = around.after("Reshape", scores, around.constant([-1, count], np.int64))
    if len(declared.kept) != count:
        scores = around.after("Gather", scores, around.constant(declared.kept, np.int64), axis=1)
    if kind == "logits":
        around.after("Softmax", scores, output=contract.RAW_PROBABILITIES, axis=1)
    else:
        ones = around.constant(np.ones((len(declared.kept), 1)))
        total = around.after("Max", around.after("MatMul", scores, ones), around.constant(1e-9))
        around.after("Div", scores, total, output=contract.RAW_PROBABILITIES)
    around.after("Identity", contract.RAW_PROBABILITIES, output=contract.PROBABILITIES)
    around.after("Flatten", _as_float(around, INNER + embedding), output=contract.EMBEDDING, axis=1)


def named(outputs: Sequence[Tensor], name: str) -> Tensor:
    """The output of that name. Raises RuntimeRefused."""
    for each in outputs:
        if each.name == name:
            return each
    raise RuntimeRefused(
        f"The model has no output {name!r}; it has {'; '.join(str(each) for each in outputs)}."
    )


def embedding_of(model: onnx.ModelProto, output: str) -> str:
    """What the last layer of weights takes in: the features; the scores themselves where that cannot be found."""
    maker = {name: node for node in model.graph.node for name in node.output}
    weights = {each.name for each in model.graph.initializer}
    weights |= {name for name, node in maker.items() if node.op_type in ("Constant", "ConstantOfShape")}
    shapes = {each.name: len(each.type.tensor_type.shape.dim) for each in model.graph.value_info}
    name = output
    while name in maker:
        node = maker[name]
        taken = [each for each in node.input if each and each not in weights]
        if node.op_type in ("Gemm", "MatMul") and len(taken) == 1:
            # A product of more dimensions than these two is not of one vector a picture.
            return taken[0] if node.op_type == "Gemm" or shapes.get(taken[0]) == 2 else output
        if node.op_type not in _THROUGH or not taken:
            break
        name = taken[0]
    return output


def detected(around: Around, outputs: Sequence[Tensor], kind: str, declared: Declaration, size: int) -> None:
    """Boxes [N, K, 4] in ratios, scores [N, K] and labels [N, K] from what the model gives out."""
    if kind == "detections":
        _detections(around, outputs, declared, size)
    elif kind == "detr":
        _detr(around, outputs, declared, size)
    else:
        _yolo(around, outputs, declared, size)


def _detections(around: Around, outputs: Sequence[Tensor], declared: Declaration, size: int) -> None:
    known = {each.name: each for each in outputs}
    if missing := [name for name in contract.DETECTION_OUTPUTS if name not in known]:
        raise RuntimeRefused(
            f"The model lacks the output {', '.join(missing)}; it has {', '.join(str(each) for each in outputs)}."
        )
    for name, rank in zip(contract.DETECTION_OUTPUTS, (3, 2, 2), strict=True):
        if len(known[name].shape) != rank:
            raise RuntimeRefused(
                f"The model's {known[name]} must be {'[N, K, 4]' if rank == 3 else '[N, K]'}: a batch of pictures."
            )
    boxes = _as_float(around, INNER + contract.BOXES)
    _boxes(around, boxes, declared.corners, declared.units == "pixels", size)
    # Where each of its labels stands among those kept; -1 for one that is none, or unheard of.
    table = np.full(len(declared.labels) + 1, -1)
    table[list(declared.kept)] = np.arange(len(declared.kept))
    labels = around.after("Cast", INNER + contract.LABELS, to=TensorProto.INT64)
    last = around.constant(len(declared.labels), np.int64)
    labels = around.after("Min", around.after("Max", labels, around.constant(0, np.int64)), last)
    place = around.after("Gather", around.constant(table, np.int64), labels, axis=0)
    around.after("Max", place, around.constant(0, np.int64), output=contract.LABELS)
    counted = around.after(
        "Cast", around.after("Less", around.constant(-1, np.int64), place), to=TensorProto.FLOAT
    )
    around.after("Mul", _as_float(around, INNER + contract.SCORES), counted, output=contract.SCORES)


def _detr(around: Around, outputs: Sequence[Tensor], declared: Declaration, size: int) -> None:
    boxes = next((each for each in outputs if len(each.shape) == 3 and each.shape[2] == 4), None)
    logits = next((each for each in outputs if len(each.shape) == 3 and each is not boxes), None)
    known = {each.name: each for each in outputs}
    boxes, logits = known.get("pred_boxes", boxes), known.get("logits", logits)
    if boxes is None or logits is None:
        raise RuntimeRefused(
            "A DETR gives out logits [N, K, C] and pred_boxes [N, K, 4]; the model has "
            f"{'; '.join(str(each) for each in outputs)}."
        )
    count, columns = len(declared.labels), logits.shape[2]
    if columns not in (count, count + 1):
        raise RuntimeRefused(
            f"The model's {logits} must have {count + 1} columns for {count} labels and nothing there, "
            f"or {count} of scores by themselves."
        )
    scores = _as_float(around, INNER + logits.name)
    alone = columns == count
    scores = around.after("Sigmoid", scores) if alone else around.after("Softmax", scores, axis=2)
    _best(around, scores, declared.kept)
    _boxes(around, _as_float(around, INNER + boxes.name), "cxcywh", declared.units == "pixels", size)


def _yolo(around: Around, outputs: Sequence[Tensor], declared: Declaration, size: int) -> None:
    output = named(outputs, declared.output_name) if declared.output_name else outputs[0]
    wide, shape = 4 + len(declared.labels), output.shape
    if len(shape) != 3 or wide not in shape[1:]:
        raise RuntimeRefused(
            f"A YOLO with {len(declared.labels)} labels gives out [N, {wide}, K]; the model has {output}."
        )
    rows = _as_float(around, INNER + output.name)
    if shape[1] == wide:
        rows = around.after("Transpose", rows, perm=[0, 2, 1])
    boxes = around.after("Gather", rows, around.constant([0, 1, 2, 3], np.int64), axis=2)
    _boxes(around, boxes, "cxcywh", declared.units != "ratios", size)
    _best(around, rows, [4 + place for place in declared.kept])


def _best(around: Around, scores: str, columns: Sequence[int]) -> None:
    """The highest of these columns of scores [N, K, C], and which it is."""
    kept = around.after("Gather", scores, around.constant(columns, np.int64), axis=2)
    best = around.after("ArgMax", kept, axis=2, keepdims=1)
    flat = around.constant([0, -1], np.int64)
    around.after("Reshape", best, flat, output=contract.LABELS)
    around.after("Reshape", around.after("GatherElements", kept, best, axis=2), flat, output=contract.SCORES)


def _boxes(around: Around, boxes: str, corners: str, pixels: bool, size: int) -> None:
    if corners == "cxcywh":
        boxes = around.after("MatMul", boxes, around.constant(_TO_CORNERS))
    around.after("Mul", boxes, around.constant(1 / size if pixels else 1), output=contract.BOXES)


def _as_float(around: Around, name: str) -> str:
    return around.after("Cast", name, to=TensorProto.FLOAT)
