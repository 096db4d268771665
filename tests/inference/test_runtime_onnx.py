"""Loading a model file: one that keeps the contract serves; any other is refused with the reason."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from inference.imaging import Preprocessing
from inference.runtimes import RuntimeRefused, load
from inference.runtimes.contract import ModelCard

CARD = ModelCard(("empty", "full"), Preprocessing(size=16), 2.0, "brightness")


def brightness_model(outputs: tuple[str, ...] = ("probabilities", "raw_probabilities", "embedding")):
    """A graph that scores by brightness alone: logits are the mean red and green of an image."""
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", 3, 16, 16])
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("GlobalAveragePool", ["pixels"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
        helper.make_node("Gemm", ["embedding", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["raw_probabilities"], axis=1),
        helper.make_node("Div", ["logits", "temperature"], ["cooled"]),
        helper.make_node("Softmax", ["cooled"], ["probabilities"], axis=1),
    ]
    constants = [
        helper.make_tensor("weights", TensorProto.FLOAT, [3, 2], [0.0, 0.01, 0.0, 0.02, 0.0, 0.0]),
        helper.make_tensor("temperature", TensorProto.FLOAT, [], [2.0]),
    ]
    widths = {"probabilities": 2, "raw_probabilities": 2, "embedding": 3, "logits": 2}
    graph = helper.make_graph(
        nodes,
        "brightness",
        [images],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", widths[name]]) for name in outputs],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def file_of(model: onnx.ModelProto, **metadata: str | None) -> bytes:
    values = CARD.to_metadata() | {f"vouch.{name}": value for name, value in metadata.items()}
    helper.set_model_props(model, {name: value for name, value in values.items() if value is not None})
    return model.SerializeToString()


def test_a_model_says_what_it_is_and_scores_batches_of_any_size(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(file_of(brightness_model()))
    runtime = load("onnx", path, threads=1)
    assert (runtime.labels, runtime.preprocessing) == (CARD.labels, CARD.preprocessing)
    assert (runtime.temperature, runtime.architecture) == (2.0, "brightness")
    for count in (1, 5):
        scores = runtime.predict(np.full((count, 3, 16, 16), 100, dtype=np.uint8))
        assert scores.probabilities.shape == scores.raw_probabilities.shape == (count, 2)
        assert scores.embeddings.shape == (count, 3)
        assert scores.raw_probabilities[0, 1] == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-5)
        assert scores.probabilities[0, 1] == pytest.approx(1 / (1 + np.exp(-1.5)), abs=1e-5)


@pytest.mark.parametrize(
    "batch",
    [
        np.zeros((0, 3, 16, 16), dtype=np.uint8),
        np.zeros((3, 16, 16), dtype=np.uint8),
        np.zeros((1, 3, 32, 32), dtype=np.uint8),
        np.zeros((1, 3, 16, 16), dtype=np.float32),
    ],
)
def test_it_refuses_a_batch_of_another_shape_or_type(batch):
    with pytest.raises(ValueError, match=r"uint8 \[N, 3, 16, 16\]"):
        load("onnx", file_of(brightness_model())).predict(batch)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "not an ONNX model"),
    "text": (lambda: b"not a model at all", "not an ONNX model"),
    "cut short": (lambda: file_of(brightness_model())[:200], "not an ONNX model"),
    "no metadata": (lambda: brightness_model().SerializeToString(), "lacks vouch.contract, vouch.labels"),
    "newer contract": (lambda: file_of(brightness_model(), contract="9"), "contract 9"),
    "labels missing": (lambda: file_of(brightness_model(), labels=None), "lacks vouch.labels"),
    "labels not JSON": (lambda: file_of(brightness_model(), labels="a,b"), "metadata cannot be read"),
    "labels twice": (lambda: file_of(brightness_model(), labels='["a", "a"]'), "different keys"),
    "too many labels": (lambda: file_of(brightness_model(), labels='["a", "b", "c"]'), "with 3 labels"),
    "odd preprocessing": (
        lambda: file_of(brightness_model(), preprocessing='{"size": 16, "resize": "magic"}'),
        "resize must be one of",
    ),
    "wrong size": (
        lambda: file_of(brightness_model(), preprocessing='{"size": 32}'),
        "does not take a batch",
    ),
    "temperature": (lambda: file_of(brightness_model(), temperature="0"), "temperature must be above 0"),
    "output missing": (lambda: file_of(brightness_model(("probabilities",))), "lacks the output"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses_a_file_that_breaks_the_contract(name):
    make, words = REFUSED[name]
    with pytest.raises(RuntimeRefused, match=words):
        load("onnx", make())


def test_probabilities_must_add_up_to_one():
    model = brightness_model()
    for node in model.graph.node:
        if node.output[0] == "probabilities":
            node.op_type = "Sigmoid"
            del node.attribute[:]
    with pytest.raises(RuntimeRefused, match="add up to 1"):
        load("onnx", file_of(model))


def test_it_names_a_runtime_or_file_that_is_not_there(tmp_path):
    with pytest.raises(RuntimeRefused, match="no runtime 'tflite'; there is onnx"):
        load("tflite", b"")
    with pytest.raises(RuntimeRefused, match="No such file"):
        load("onnx", tmp_path / "absent.onnx")


@pytest.mark.parametrize("place", ["beside.bin", "../secret.bin", "/etc/hostname"])
def test_weights_in_another_file_are_never_read(tmp_path, monkeypatch, place):
    folder = tmp_path / "here"
    folder.mkdir()
    for path in (folder / "beside.bin", tmp_path / "secret.bin"):
        path.write_bytes(bytes(16_000))
    monkeypatch.chdir(folder)
    model = brightness_model()
    elsewhere = numpy_helper.from_array(np.zeros(4000, np.float32), "elsewhere")
    elsewhere.ClearField("raw_data")
    elsewhere.data_location = TensorProto.EXTERNAL
    for key, value in (("location", place), ("offset", "0"), ("length", "16000")):
        elsewhere.external_data.add(key=key, value=value)
    model.graph.initializer.append(elsewhere)
    model.graph.node.append(helper.make_node("ReduceMean", ["elsewhere"], ["told"], keepdims=0))
    model.graph.output.append(helper.make_tensor_value_info("told", TensorProto.FLOAT, None))
    with pytest.raises(RuntimeRefused, match=r"[Ee]xternal data"):
        load("onnx", file_of(model))
