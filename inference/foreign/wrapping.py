"""A model from elsewhere wrapped in nodes of ONNX, so that it takes our pixels and gives out what the contract asks.

Its preprocessing is then part of the graph: nothing beside `imaging.to_array` ever prepares a picture for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import onnx
from onnx import TensorProto, helper

from inference.domain.declaration import LEFT_OUT, Declaration
from inference.foreign import outputs as read_as
from inference.foreign.building import INNER, Around
from inference.foreign.reading import Tensor, brought_up_to_date, inputs
from inference.imaging import Preprocessing
from inference.runtimes import RuntimeRefused, contract, load
from inference.runtimes.onnx import run_once

_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)
_BYTES = 255
_GREY = (0.299, 0.587, 0.114)
"""ITU-R BT.601, as Pillow turns colour to grey."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A file that keeps the contract, and what was found out about the model in it."""

    content: bytes
    notes: tuple[str, ...]


def wrap(model: onnx.ModelProto, declared: Declaration) -> Wrapped:
    """The model as a file that keeps the contract, loaded and asked once. Raises RuntimeRefused."""
    model = brought_up_to_date(model)
    given = _input(model)
    batch = given.shape[0] or 0
    made = _wrapped(model, given, declared, batch)
    try:
        load("onnx", made.content)
    except RuntimeRefused:
        # Many a graph says that it takes any number and has a 1 written somewhere inside.
        if batch:
            raise
        alone = _wrapped(model, given, declared, 1)
        try:
            load("onnx", alone.content)
        except RuntimeRefused:
            pass
        else:
            return replace(alone, notes=(*alone.notes, "It takes one picture at a time."))
        raise
    return made


def _input(model: onnx.ModelProto) -> Tensor:
    asked = inputs(model)
    if len(asked) != 1:
        raise RuntimeRefused(
            f"The model must take one input, the picture; it takes {'; '.join(str(each) for each in asked)}."
        )
    (given,) = asked
    if given.kind not in (*_FLOATS, TensorProto.UINT8):
        kind = TensorProto.DataType.Name(given.kind).lower()
        raise RuntimeRefused(f"The model's input must be of floats or bytes; {given} is of {kind}.")
    if len(given.shape) != 4:
        raise RuntimeRefused(f"The model's input must be a batch of pictures, [N, 3, H, W]; it is {given}.")
    return given


def _wrapped(model: onnx.ModelProto, given: Tensor, declared: Declaration, batch: int) -> Wrapped:
    layout, size = _layout(given, declared), _size(given, declared)
    preprocessing = _preprocessing(size, declared)
    found = _asked(model, given, size, layout)
    gives = [Tensor(name, given.kind, (None, *value.shape[1:])) for name, value in found.items()]
    kind = read_as.kind_of(gives, declared)
    around = Around(model)
    _pixels(around, given, layout, declared)
    notes = [f"Takes {given} ({layout.upper()}, {declared.colour}), pictures of {size} × {size}."]
    labels = tuple(label for label in declared.labels if label != LEFT_OUT)
    task, overlap = contract.DETECTION, declared.overlap
    if kind in ("logits", "probabilities"):
        task, overlap = contract.CLASSIFICATION, 1.0
        output = _scores(gives, declared)
        embedding = read_as.embedding_of(model, output.name)
        if declared.output == "auto" and _add_up(found[output.name]):
            kind = "probabilities"
        read_as.classified(around, output, kind, declared, embedding)
        notes.append(f"Its {kind} are {output}; its embedding is {embedding}.")
    else:
        read_as.detected(around, gives, kind, declared, size)
        notes.append(f"Its boxes are read as {kind}, from {'; '.join(str(each) for each in gives)}.")
    if overlap is None:
        overlap = 0.5 if kind == "yolo" else 1.0
    card = contract.ModelCard(
        labels,
        preprocessing,
        1.0,
        declared.architecture,
        task,
        batch,
        overlap,
        declared.floor,
    )
    whole = around.close(
        helper.make_tensor_value_info(contract.INPUT, TensorProto.UINT8, [batch or "batch", 3, size, size]),
        _gives(task, batch or "batch", len(labels)),
        card.to_metadata(),
    )
    return Wrapped(whole.SerializeToString(deterministic=True), tuple(notes))


def _gives(task: str, batch: int | str, labels: int) -> list[onnx.ValueInfoProto]:
    if task == contract.DETECTION:
        boxes, scores, kinds = contract.DETECTION_OUTPUTS
        return [
            helper.make_tensor_value_info(boxes, TensorProto.FLOAT, [batch, "boxes", 4]),
            helper.make_tensor_value_info(scores, TensorProto.FLOAT, [batch, "boxes"]),
            helper.make_tensor_value_info(kinds, TensorProto.INT64, [batch, "boxes"]),
        ]
    probabilities, raw, embedding = contract.OUTPUTS
    return [
        helper.make_tensor_value_info(probabilities, TensorProto.FLOAT, [batch, labels]),
        helper.make_tensor_value_info(raw, TensorProto.FLOAT, [batch, labels]),
        helper.make_tensor_value_info(embedding, TensorProto.FLOAT, [batch, "features"]),
    ]


def _layout(given: Tensor, declared: Declaration) -> str:
    channels = 1 if declared.colour == "grey" else 3
    first, last = given.shape[1], given.shape[3]
    fits = [
        name
        for name, side in (("nchw", first), ("nhwc", last))
        if side in (None, channels) and declared.layout in ("auto", name)
    ]
    sure = [name for name, side in (("nchw", first), ("nhwc", last)) if side == channels and name in fits]
    if not fits:
        wanted = "" if declared.layout == "auto" else f" in layout {declared.layout.upper()}"
        raise RuntimeRefused(
            f"The model's input {given} has no place for {channels} channel{'s' * (channels > 1)}{wanted}."
        )
    return (sure or fits)[0]


def _size(given: Tensor, declared: Declaration) -> int:
    height, width = given.shape[2:] if _layout(given, declared) == "nchw" else given.shape[1:3]
    if height and width and height != width:
        raise RuntimeRefused(
            f"The model takes pictures of {height} × {width}; only square ones are served here: export it so."
        )
    fixed = height or width
    if fixed and declared.size and fixed != declared.size:
        raise RuntimeRefused(f"The model's input is {given}; size {declared.size} does not fit it.")
    if not (fixed or declared.size):
        raise RuntimeRefused(f"The model's input {given} takes pictures of any size: declare size.")
    return fixed or declared.size or 0


def _preprocessing(size: int, declared: Declaration) -> Preprocessing:
    try:
        return Preprocessing(size, declared.resize, declared.interpolation)
    except ValueError as error:
        raise RuntimeRefused(str(error)) from error


def _pixels(around: Around, given: Tensor, layout: str, declared: Declaration) -> None:
    """From uint8 [N, 3, S, S], red first, to what the graph within takes."""
    pixels = around.before("Cast", contract.INPUT, to=TensorProto.FLOAT)
    if declared.colour == "bgr":
        pixels = around.before("Gather", pixels, around.constant([2, 1, 0], np.int64), axis=1)
    elif declared.colour == "grey":
        pixels = around.before("Conv", pixels, around.constant(np.reshape(_GREY, (1, 3, 1, 1))))
    scale = declared.scale
    if scale is None:
        scale = 1 if given.kind == TensorProto.UINT8 else 1 / _BYTES
    mean, std = (np.reshape(each, (1, -1, 1, 1)) for each in (declared.mean, declared.std))
    pixels = around.before("Mul", pixels, around.constant(scale / std))
    pixels = around.before("Add", pixels, around.constant(-mean / std))
    if layout == "nhwc":
        pixels = around.before("Transpose", pixels, perm=[0, 2, 3, 1])
    around.before("Cast", pixels, output=INNER + given.name, to=given.kind)


def _scores(gives: list[Tensor], declared: Declaration) -> Tensor:
    if declared.output_name:
        return read_as.named(gives, declared.output_name)
    return next((each for each in gives if len(each.shape) == 2), gives[0])


def _asked(model: onnx.ModelProto, given: Tensor, size: int, layout: str) -> dict[str, np.ndarray]:
    """What it makes of noise: the shapes that a graph tells are often not the whole truth."""
    channels = (given.shape[1] if layout == "nchw" else given.shape[3]) or 3
    sides = (channels, size, size) if layout == "nchw" else (size, size, channels)
    batch = np.random.default_rng(0).random((given.shape[0] or 1, *sides))
    if given.kind == TensorProto.UINT8:
        batch *= _BYTES
    kind = helper.tensor_dtype_to_np_dtype(given.kind)
    found = run_once(model.SerializeToString(), {given.name: batch.astype(kind)})
    if odd := [name for name, value in found.items() if not isinstance(value, np.ndarray)]:
        raise RuntimeRefused(f"The model's {odd[0]} is no tensor: export it without maps and sequences.")
    return found


def _add_up(scores: np.ndarray) -> bool:
    """Whether scores are probabilities already: at least 0, and adding up to 1."""
    flat = np.asarray(scores, dtype=np.float64).reshape(len(scores), -1)
    return bool((flat >= 0).all() and np.allclose(flat.sum(axis=1), 1, atol=1e-2))
