"""Models from elsewhere: read, wrapped to keep our contract, and refused with the reason."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from inference.domain.declaration import Declaration, DeclarationRefused
from inference.foreign.reading import read
from inference.foreign.wrapping import wrap
from inference.runtimes import RuntimeRefused, load
from tests.factories.foreign import (
    SIDE,
    brightest_pixel,
    graph_of,
    means_classifier,
    softmaxed,
    weight,
)

LABELS = ("red", "green", "blue")


def plain(red, green, blue, count=1):
    """So many pictures of one colour."""
    return np.tile(np.array([red, green, blue], np.uint8)[None, :, None, None], (count, 1, SIDE, SIDE))


def served(model, **declared):
    return load("onnx", wrap(model, Declaration(**{"labels": LABELS, **declared})).content)


def expected(pixels, scale=1 / 255, mean=0.0, std=1.0):
    scores = 8 * (np.array(pixels) * scale - mean) / std
    return np.exp(scores) / np.exp(scores).sum()


def test_logits_become_probabilities_of_prepared_pixels():
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    runtime = served(means_classifier(), mean=mean, std=std)
    scores = runtime.predict(plain(200, 100, 50, count=3))
    wanted = expected((200, 100, 50), mean=np.array(mean), std=np.array(std))
    assert scores.probabilities == pytest.approx(np.tile(wanted, (3, 1)), abs=1e-5)
    assert scores.raw_probabilities == pytest.approx(scores.probabilities)
    assert runtime.labels == LABELS
    assert runtime.preprocessing.size == SIDE


def test_probabilities_are_told_from_logits_and_left_alone():
    runtime = served(means_classifier(softmaxed()))
    assert runtime.predict(plain(200, 100, 50)).probabilities[0] == pytest.approx(
        expected((200, 100, 50)), abs=1e-5
    )


def test_its_embedding_is_what_its_last_layer_takes_in():
    embedding = served(means_classifier()).predict(plain(200, 100, 50)).embeddings
    assert embedding[0] == pytest.approx(np.array([200, 100, 50]) / 255, abs=1e-5)


@pytest.mark.parametrize(
    ("declared", "shape", "axes", "wanted"),
    [
        ({"colour": "bgr"}, ("N", 3, SIDE, SIDE), (2, 3), (50, 100, 200)),
        ({"layout": "nhwc"}, ("N", SIDE, SIDE, 3), (1, 2), (200, 100, 50)),
        ({}, ("N", SIDE, SIDE, 3), (1, 2), (200, 100, 50)),
        ({"size": SIDE}, ("N", 3, "H", "W"), (2, 3), (200, 100, 50)),
    ],
)
def test_colour_layout_and_size_are_as_declared_or_as_the_graph_says(declared, shape, axes, wanted):
    runtime = served(means_classifier(shape=shape, axes=axes), **declared)
    found = runtime.predict(plain(200, 100, 50)).probabilities[0]
    assert found == pytest.approx(expected(wanted), abs=1e-5)


def test_bytes_are_given_as_they_are_where_the_model_takes_bytes():
    head = [helper.make_node("Softmax", ["scores"], ["out"], axis=1)]
    cast = helper.make_node("Cast", ["bytes"], ["pixels"], to=TensorProto.FLOAT)
    model = means_classifier(head, sharpness=8 / 255)
    nodes = [cast, *model.graph.node]
    theirs = graph_of(nodes, ["out"], model.graph.initializer, kind=TensorProto.UINT8, name="bytes")
    found = served(theirs).predict(plain(200, 100, 50)).probabilities[0]
    assert found == pytest.approx(expected((200, 100, 50)), abs=1e-5)


def test_a_column_that_is_no_label_of_the_project_is_left_out():
    runtime = served(means_classifier(), labels=("red", "-", "blue"))
    whole = expected((200, 100, 50))
    assert runtime.labels == ("red", "blue")
    assert runtime.predict(plain(200, 100, 50)).probabilities[0] == pytest.approx(
        whole[[0, 2]] / whole[[0, 2]].sum(), abs=1e-5
    )


def test_a_graph_made_for_one_picture_is_asked_one_by_one():
    runtime = served(means_classifier(shape=(1, 3, SIDE, SIDE)))
    batch = np.concatenate([plain(200, 100, 50), plain(0, 250, 0)])
    found = runtime.predict(batch).probabilities
    assert found[1] == pytest.approx(expected((0, 250, 0)), abs=1e-5)


def test_a_batch_of_one_hidden_inside_is_found_out():
    model = means_classifier(
        [
            helper.make_node("Reshape", ["scores", "one"], ["out"]),
        ]
    )
    model.graph.initializer.append(weight("one", [1, 3], np.int64))
    made = wrap(model, Declaration(labels=LABELS))
    assert "It takes one picture at a time." in made.notes
    assert load("onnx", made.content).predict(plain(9, 9, 9, count=3)).probabilities.shape == (3, 3)


def test_an_old_opset_is_brought_up_to_date():
    found = served(means_classifier(opset=9)).predict(plain(200, 100, 50)).probabilities[0]
    assert found == pytest.approx(expected((200, 100, 50)), abs=1e-5)


def test_names_of_ours_within_are_no_trouble():
    model = means_classifier()
    for node in model.graph.node:
        node.output[:] = ["probabilities" if name == "means" else name for name in node.output]
        node.input[:] = ["probabilities" if name == "means" else name for name in node.input]
    assert served(model).predict(plain(1, 2, 3)).probabilities.shape == (1, 3)


@pytest.mark.parametrize("kind", ["yolo", "yolo_turned", "detr", "detr_sigmoid", "detections"])
def test_each_family_of_detectors_finds_its_box(kind):
    declared = {"labels": ("bottle", "can")}
    if kind == "detections":
        declared = {"labels": ("-", "bottle", "can"), "units": "pixels"}
    runtime = served(brightest_pixel(kind), **declared)
    for found in runtime.detect(plain(1, 2, 3, count=2)):
        assert found.boxes[0] == pytest.approx([0.25, 0.125, 0.75, 0.375], abs=1e-5)
        assert runtime.labels[found.labels[0]] == "can"
        assert found.scores[0] > 0.85
        assert (found.scores[1:] < 0.3).all()


def test_boxes_of_a_label_left_out_are_not_found():
    runtime = served(brightest_pixel("detections"), labels=("-", "bottle", "-"), units="pixels")
    (found,) = runtime.detect(plain(1, 2, 3))
    assert (found.scores < 0.3).all()


def custom():
    node = helper.make_node("Wonder", ["pixels"], ["out"], domain="com.theirs")
    model = graph_of([node], ["out"])
    model.opset_import.append(helper.make_opsetid("com.theirs", 1))
    return model


def nan():
    return means_classifier(
        [
            helper.make_node("Sub", ["scores", "scores"], ["nothing"]),
            helper.make_node("Div", ["nothing", "nothing"], ["out"]),
        ]
    )


def two_inputs():
    model = means_classifier()
    model.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["N"]))
    return model


REFUSED = {
    "an operator nobody knows": (custom, {}, "Wonder"),
    "no numbers": (nan, {}, "NaN"),
    "two inputs": (two_inputs, {}, "one input"),
    "too few labels": (means_classifier, {"labels": ("red", "green")}, "gives out 3 scores.*2 labels"),
    "not square": (lambda: means_classifier(shape=("N", 3, 32, 64)), {}, "32 × 64; only square"),
    "another size": (means_classifier, {"size": 64}, "size 64 does not fit"),
    "size unknown": (lambda: means_classifier(shape=("N", 3, "H", "W")), {}, "declare size"),
    "absurd size": (
        lambda: means_classifier(shape=("N", 3, "H", "W")),
        {"size": 100_000},
        "from 16 to 1024",
    ),
    "other layout": (means_classifier, {"layout": "nhwc"}, "no place for 3 channels in layout NHWC"),
    "no such output": (means_classifier, {"output_name": "logits"}, "no output 'logits'"),
    "no yolo": (means_classifier, {"output": "yolo"}, "A YOLO with 3 labels"),
    "no detr": (means_classifier, {"output": "detr"}, "A DETR gives out"),
    "no detections": (means_classifier, {"output": "detections"}, "lacks the output boxes"),
    "a yolo of other labels": (lambda: brightest_pixel("yolo"), {}, r"gives out \[N, 7, K\]"),
    "not images": (
        lambda: graph_of([helper.make_node("Identity", ["pixels"], ["out"])], ["out"], shape=("N", 7)),
        {},
        "must be a batch of pictures",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_serve_is_refused_with_the_reason(name):
    make, declared, words = REFUSED[name]
    with pytest.raises(RuntimeRefused, match=words):
        wrap(make(), Declaration(**{"labels": LABELS, **declared}))


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ({"labels": ()}, "labels"),
        ({"labels": ("-", "-")}, "labels"),
        ({"labels": ("a", "a")}, "labels"),
        ({"output": "wishes"}, "output"),
        ({"mean": (1.0, 2.0)}, "mean"),
        ({"mean": (float("nan"),)}, "mean"),
        ({"std": (0.0,)}, "std"),
        ({"scale": -1.0}, "scale"),
        ({"overlap": 2.0}, "overlap"),
        ({"floor": 0.0}, "floor"),
    ],
)
def test_a_declaration_says_which_field_is_wrong(declared, field):
    with pytest.raises(DeclarationRefused) as refused:
        Declaration(**{"labels": LABELS, **declared})
    assert refused.value.field == field


def test_a_declaration_survives_json():
    declared = Declaration(labels=LABELS, mean=(0.1, 0.2, 0.3), size=64)
    assert Declaration.from_json(declared.to_json()) == declared
    with pytest.raises(DeclarationRefused, match="is not known"):
        Declaration.from_json({"labels": ["a"], "wish": 1})


def saved_apart(folder, place):
    model = means_classifier()
    onnx.external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=0)
    onnx.save(model, folder / "model.onnx")
    loaded = onnx.load(folder / "model.onnx", load_external_data=False)
    for tensor in loaded.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = place
    (folder / "model.onnx").write_bytes(loaded.SerializeToString())
    return folder / "model.onnx"


def test_weights_in_a_file_beside_it_are_taken_in(tmp_path):
    runtime = served(read(saved_apart(tmp_path, "weights.bin")))
    assert runtime.predict(plain(200, 100, 50)).probabilities[0] == pytest.approx(
        expected((200, 100, 50)), abs=1e-5
    )


@pytest.mark.parametrize("place", ["../secret.bin", "/etc/passwd", "linked/secret.bin"])
def test_weights_outside_its_folder_are_never_read(tmp_path, place):
    folder = tmp_path / "theirs"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(36))
    (folder / "linked").symlink_to(tmp_path)
    with pytest.raises(RuntimeRefused, match="outside its own folder"):
        read(saved_apart(folder, place))


def test_weights_that_did_not_come_are_named(tmp_path):
    with pytest.raises(RuntimeRefused, match=r"'gone\.bin', which did not come with it"):
        read(saved_apart(tmp_path, "gone.bin"))


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x07"])
def test_what_is_no_onnx_is_refused(tmp_path, content):
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(RuntimeRefused, match="not an ONNX model"):
        read(tmp_path / "model.onnx")
