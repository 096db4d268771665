"""Each format's file says the same of the same image, whoever reads it; what is wrong in it is named."""

import io
import json
import math
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.domain.formats.detection import READERS, format_of
from labeling.domain.formats.found import Asked, FileUnreadable, Found, Note
from labeling.domain.formats.names import candidates, name_in_address, plain
from labeling.domain.formats.truths import Terms, Truth, truth_of
from labeling.domain.rows import RowRefused
from labeling.services.label_import.sources import at_path, in_stream
from tests.factories import label_files as made

MARKS = {
    "a.jpg": [("cat", (1, 2, 20, 30)), ("dog", (10, 10, 64, 48))],
    "b.jpg": [("dog", (0, 0, 5, 6))],
    "c.jpg": [],
}
CLASSES = {"a.jpg": [("cat", None)], "b.jpg": [("dog", None)]}


def upload(data, name="labels"):
    return in_stream(name, io.BytesIO(data if isinstance(data, bytes) else json.dumps(data).encode()))


def asked(**terms):
    return Asked(**({"predictions": False, "boxes": True, "sort": sorted} | terms))


def pieces(files, layout=None, **terms):
    return list(READERS[layout or format_of(files)](files, asked(**terms)))


def values(found, predictions=False, task_type="detection", size=made.SIZE, labels=("cat", "dog")):
    """The value or the refusals of each file name."""
    terms = Terms(predictions, task_type, {name: name for name in labels}, labels)
    by_name = {}
    for piece in found:
        by_name.setdefault(plain(piece.file), []).append(piece)
    truths = {name: truth_of(group, terms, width=size[0], height=size[1]) for name, group in by_name.items()}
    return {
        name: truth.value if isinstance(truth, Truth) else [row.detail for row in truth]
        for name, truth in truths.items()
    }


def boxes(value):
    return [(region["label"], tuple(region["box"])) for region in value["regions"]]


FILES = {
    "coco": lambda: upload(made.coco(MARKS)),
    "coco zipped": lambda: upload(made.zipped({"result.json": made.coco_bytes(MARKS), "images/a.jpg": b"x"})),
    "coco of label studio": lambda: upload(made.coco(MARKS, prefix="images/1/0a1b2c3d-")),
    "yolo": lambda: upload(made.zipped(made.yolo(MARKS))),
    "yolo with classes.txt": lambda: upload(made.zipped(made.yolo(MARKS, classes="classes.txt"))),
    "yolo of label studio": lambda: upload(
        made.zipped(made.yolo(MARKS, classes="classes.txt") | {"notes.json": b"{}", "images/a.jpg": b"x"})
    ),
    "voc": lambda: upload(made.zipped(made.voc(MARKS))),
    "csv": lambda: upload(made.table(MARKS)),
    "csv of semicolons": lambda: upload(b"\xef\xbb\xbf" + made.table(MARKS, delimiter=";")),
    "label studio": lambda: upload(made.label_studio(MARKS)),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_format_says_the_same_of_the_same_images(kind):
    found = values(pieces(FILES[kind]()))
    stems = {name.rsplit(".", 1)[0]: value for name, value in found.items()}
    assert {name: boxes(value) for name, value in stems.items()} == {
        name[0]: [(label, tuple(map(float, box))) for label, box in marks] for name, marks in MARKS.items()
    }


def test_a_folder_is_read_as_a_zip_is(tmp_path):
    for path, data in made.yolo(MARKS).items() | {(".DS_Store", b"x"), ("train.txt", b"images/a.jpg")}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    assert sorted(plain(piece.file) for piece in pieces(at_path(tmp_path))) == ["a", "b", "c"]


@pytest.mark.parametrize("kind", ["csv", "label studio"])
def test_one_label_an_image(kind):
    data = made.table(CLASSES) if kind == "csv" else made.label_studio(CLASSES)
    found = values(pieces(upload(data), boxes=False), task_type="classification")
    assert found == {"a.jpg": {"label": "cat"}, "b.jpg": {"label": "dog"}}


def test_predictions_bring_their_confidence():
    reference = upload(made.coco(MARKS))
    results = pieces(upload(made.coco_results(MARKS)), predictions=True, reference=reference)
    for found in (
        results,
        pieces(upload(made.zipped(made.yolo(MARKS, confidence=0.75))), predictions=True),
        pieces(upload(made.table(MARKS, confidence=0.75)), predictions=True),
        pieces(upload(made.label_studio(MARKS, key="predictions", score=0.75)), predictions=True),
    ):
        said = {name[0]: value for name, value in values(found, predictions=True).items()}
        assert [region["confidence"] for region in said["a"]["regions"]] == [0.75, 0.75]
    assert said["a"]["model"] == "theirs-2"
    rows = b"file,label,confidence\na.jpg,cat,0.7\na.jpg,dog,0.2\n"
    found = values(pieces(upload(rows), predictions=True), predictions=True, task_type="classification")
    assert found["a.jpg"] == {"label": "cat", "confidence": 0.7, "scores": {"cat": 0.7, "dog": 0.2}}


def test_results_without_what_they_speak_of_are_refused():
    with pytest.raises(FileUnreadable, match="as predictions"):
        pieces(upload(made.coco_results(MARKS)))
    with pytest.raises(FileUnreadable, match="reference"):
        pieces(upload(made.coco_results(MARKS)), predictions=True)


BROKEN = {
    "cut short": (made.coco_bytes(MARKS)[:-40], "ends in the middle"),
    "NaN": (
        made.coco_bytes({"a.jpg": [("cat", (0, 0, math.nan, 5))]}),
        "NaN and Infinity are no JSON numbers",
    ),
    "huge": (b'{"images": [{"id": 1' + b"0" * 400 + b"}]}", "too large for any use"),
    "latin": ('{"images": [{"file_name": "fisk på.jpg"}]}'.encode("latin-1"), "not UTF-8"),
    "no list": (b'{"images": 5}', "no list of images"),
    "no annotations": (b'{"images": [{"id": 1, "file_name": "a.jpg"}]}', "has no list of annotations"),
    "another JSON": (b'[{"a": 1}]', "neither a COCO file nor"),
    "empty": (b"", "is no table of labels"),
    "prose": (b"hello\nworld\n", "the first line must name the columns"),
    "half a box": (b"file,label,x1,y1\n", "no column x2, y2"),
    "utf-16": ("file,label\na.jpg,cat\n".encode("utf-16"), "not UTF-8"),
    "wide cell": (b'file,label\n"' + b"x" * 200_000 + b"\n", "no table that can be read"),
    "entities": (
        b'<!DOCTYPE a [<!ENTITY x "y">]><annotation><filename>&x;</filename></annotation>',
        "declares entities",
    ),
    "cut XML": (made.voc_xml("a.jpg", MARKS["a.jpg"])[:-5], "is not XML"),
    "another XML": (b"<html></html>", "outermost element is html"),
    "cut zip": (made.zipped(made.voc(MARKS))[:-30], "is no whole zip"),
    "bomb": (made.zipped({"a.json": b" " * (70 * 2**20)}), "unpacks to 70 MB"),
    "no classes": (made.zipped({"labels/a.txt": b"0 .5 .5 .1 .1"}), "no list of classes"),
    "yaml": (made.zipped({"labels/a.txt": b"", "data.yaml": b"names: [a, b"}), "not YAML"),
    "nothing known": (made.zipped({"a.md": b"hello"}), "holds neither"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_cannot_be_read_says_why_in_a_line(kind):
    data, reason = BROKEN[kind]
    with pytest.raises(FileUnreadable) as refused:
        pieces(upload(data))
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_zip_leads_nowhere_outside():
    data = made.zipped({"../../etc/passwd.xml": made.voc_xml("a.jpg", MARKS["a.jpg"])})
    (found,) = pieces(upload(data))
    assert found.file == "a.jpg"


def refusals(found):
    return [(piece.row, piece.file, piece.detail) for piece in found if isinstance(piece, RowRefused)]


def test_what_is_wrong_in_an_annotation_is_named():
    whole = made.coco({"a.jpg": [("cat", (0, 0, 5, 5))] * 6})
    for annotation, wrong in zip(
        whole["annotations"],
        ({"image_id": 9}, {"category_id": 7}, {"bbox": [1, 2]}, {"bbox": ["x", 0, 1, 1]}, {"iscrowd": 1}, {}),
        strict=True,
    ):
        annotation |= wrong
    found = pieces(upload(whole))
    assert refusals(found) == [
        (2, "a.jpg", "annotation 2: no category has the id 7."),
        (3, "a.jpg", "annotation 3: bbox must be [x, y, width, height] in pixels."),
        (4, "a.jpg", "annotation 4: 'x' is not a number."),
        (1, None, "annotation 1: no image has the id 9."),
    ]
    assert sum(isinstance(piece, Note) for piece in found) == 1
    assert [piece.marks[0].row for piece in found if isinstance(piece, Found)] == [6]


def test_images_with_an_empty_list_of_annotations_have_nothing_on_them():
    assert values(pieces(upload(made.coco({"a.jpg": [], "b.jpg": []})))) == {
        "a.jpg": {"regions": []},
        "b.jpg": {"regions": []},
    }


def test_a_polygon_without_a_box_is_boxed():
    whole = made.coco({"a.jpg": [("cat", (0, 0, 5, 5))]})
    whole["annotations"][0] |= {"bbox": [], "segmentation": [[3, 4, 10, 4, 10, 20]]}
    assert boxes(values(pieces(upload(whole)))["a.jpg"]) == [("cat", (3.0, 4.0, 10.0, 20.0))]


def test_what_is_wrong_in_a_line_is_named():
    files = made.yolo({"a.jpg": [("cat", (0, 0, 5, 5))]})
    files["labels/train/a.txt"] = (
        b"0 .5 .5 .1\n7 .5 .5 .1 .1\n0 0 0 1 1 1 0 0 1\n0 x .5 .1 .1\n0 .5 .5 .1 .1\n"
    )
    reasons = [detail for _, _, detail in refusals(pieces(upload(made.zipped(files))))]
    assert [reason.partition("labels/train/a.txt: ")[2] for reason in reasons] == [
        "has 4 numbers, not class, cx, cy, width, height[, confidence].",
        "7 is not a class; there are 1, from 0.",
        "has 9 numbers, a polygon; only boxes are taken.",
        "'x' is not a number.",
    ]


def test_what_is_wrong_in_a_row_is_named():
    rows = b"file,label,x1,y1,x2,y2\n,cat,1,2,3,4\na.jpg,cat,1,,3,4\nb.jpg,,1,2,3,4\nc.jpg,cat,1,2,9,9\n"
    found = pieces(upload(rows))
    assert refusals(found) == [
        (2, None, "file: is empty."),
        (3, "a.jpg", "y1: '' is not a number."),
        (4, "b.jpg", "label: is empty beside a box."),
    ]
    assert [piece.row for piece in found if isinstance(piece, Found)] == [5]


def test_one_broken_annotation_of_many_is_a_row():
    files = made.voc(MARKS) | {
        "Annotations/d.xml": b"<annotation>",
        "Annotations/e.xml": made.voc_xml("e.jpg", [("cat", (0, 0, 9, 9))]).replace(b"bndbox", b"robndbox"),
    }
    assert [
        (file, detail.split(":")[0]) for _, file, detail in refusals(pieces(upload(made.zipped(files))))
    ] == [
        ("Annotations/d", "Annotations/d.xml is not XML"),
        ("e.jpg", "object 1 of Annotations/e.xml"),
    ]


def test_label_studio_in_all_its_shapes():
    tasks = made.label_studio({f"{name}.jpg": [("cat", (0, 0, 5, 5))] for name in "abcdef"})
    tasks[0]["annotations"][0]["result"][0]["value"]["rotation"] = 30
    tasks[1]["annotations"][0]["was_cancelled"] = True
    tasks[2]["annotations"][0]["result"][0]["type"] = "polygonlabels"
    tasks[3]["annotations"][0]["result"].append({"type": "textarea", "value": {"text": ["note"]}})
    second = json.loads(json.dumps(tasks[4]["annotations"][0])) | {"ground_truth": True, "result": []}
    tasks[4]["annotations"].insert(0, second)
    tasks[5] = {
        "id": 6,
        "image": "/data/local-files/?d=shelf/f%20g.jpg",
        "annotator": 1,
        "label": [
            {
                "x": 50,
                "y": 50,
                "width": 50,
                "height": 50,
                "rotation": 0,
                "rectanglelabels": ["dog"],
                "original_width": 64,
                "original_height": 48,
            }
        ],
    }
    tasks += [{"data": {"text": "no image"}, "annotations": []}, 5]
    found = pieces(upload(tasks))
    assert [(row, detail.split(";")[0]) for row, _, detail in refusals(found)] == [
        (1, "a rectangle is rotated by 30°"),
        (3, "regions of type polygonlabels are not taken, only rectanglelabels and choices."),
        (7, "task 7 names no image."),
        (8, "must be an object."),
    ]
    assert sorted(piece.what.split(" ")[0] for piece in found if isinstance(piece, Note)) == [
        "images",
        "images",
        "regions",
    ]
    said = values(piece for piece in found if isinstance(piece, Found))
    assert said["e.jpg"] == {"regions": []}
    assert boxes(said["f g.jpg"]) == [("dog", (32.0, 24.0, 64.0, 48.0))]


WRONG = {
    "outside": ([("cat", (0, 0, 80, 20))], "box: lies outside the image, which is 64 by 48 pixels."),
    "inverted": (
        [("cat", (20, 0, 10, 20))],
        "box: must be at least 1 pixel wide and high, x1 < x2 and y1 < y2.",
    ),
    "nan": ([("cat", (0, 0, math.nan, 20))], "box: must hold four numbers within the image."),
    "huge": ([("cat", (0, 0, 10**400, 20))], "box: must hold four numbers within the image."),
    "label": ([("cow", (0, 0, 10, 20))], "label: 'cow' is not a label of this project; it has cat, dog."),
    "no box": ([("cat", None), ("cat", (1, 1, 5, 5))], "has no box; this project asks for boxes."),
    "many": ([("cat", (0, 0, 5, 5))] * 1001, "has over 1,000 boxes; that many are taken at most."),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_the_project_cannot_take_is_refused_with_the_reason(kind):
    marks, reason = WRONG[kind]
    assert values(pieces(upload(made.table({"a.jpg": marks})))) == {"a.jpg": [reason]}


def test_a_pixel_of_rounding_is_drawn_in_and_said():
    terms = Terms(False, "detection", {"cat": "cat"}, ("cat",))
    (piece,) = pieces(upload(made.table({"a.jpg": [("cat", (-0.6, 0, 64.9, 48))]})))
    truth = truth_of([piece], terms, width=64, height=48)
    assert (boxes(truth.value), truth.clamped) == ([("cat", (0.0, 0.0, 64.0, 48.0))], 1)


def test_a_picture_of_another_size_or_on_its_side_is_refused():
    def said(size, data):
        return values(pieces(upload(data)), size=size)["a.jpg"]

    one = {"a.jpg": [("cat", (0, 0, 5, 5))]}
    assert "Boxes drawn before its EXIF turn would be wrong." in said((48, 64), made.coco(one))[0]
    assert "has 640 by 480" in said((640, 480), made.coco(one))[0]
    # Percentages fit the picture at any size, unless it was turned.
    assert boxes(said((640, 480), made.label_studio(one))) == [("cat", (0.0, 0.0, 50.0, 50.0))]
    assert "EXIF" in said((48, 64), made.label_studio(one))[0]


def test_a_confidence_is_no_truth_and_two_labels_are_none():
    rows = b"file,label,confidence\na.jpg,cat,0.7\nb.jpg,cat,\nb.jpg,dog,\nc.jpg,,\nd.jpg,cat,\nd.jpg,cat,\n"
    found = values(pieces(upload(rows)), task_type="classification")
    assert found == {
        "a.jpg": ["has a confidence, as predictions have: import the file as predictions."],
        "b.jpg": ["has 2 labels, 'cat' in row 3, 'dog' in row 4; this project asks for one."],
        "c.jpg": ["has no label."],
        "d.jpg": {"label": "cat"},
    }


def test_an_image_twice_in_a_file_must_say_the_same():
    whole = made.coco({"a.jpg": [("cat", (0, 0, 5, 5))], "b.jpg": [("cat", (0, 0, 5, 5))]})
    whole["images"][1]["file_name"] = "a.jpg"
    assert boxes(values(pieces(upload(whole)))["a.jpg"]) == [("cat", (0.0, 0.0, 5.0, 5.0))]
    whole["annotations"][1]["bbox"] = [1, 1, 5, 5]
    assert "more than once" in values(pieces(upload(whole)))["a.jpg"][0]


def test_names_of_uploads_addresses_and_stems_are_looked_for():
    assert list(candidates("images/1/0a1b2c3d-shelf.jpg")) == ["0a1b2c3d-shelf.jpg", "shelf.jpg"]
    assert "IMG.1.JPG" in list(candidates("labels\\IMG.1"))
    assert name_in_address("https://shop.example/media/a%20b.jpg?token=1#x") == "/media/a b.jpg"


sides = st.floats(0, 640, allow_nan=False)
box = st.tuples(sides, sides, sides, sides).map(
    lambda s: (min(s[0], s[2]), min(s[1], s[3]) * 0.75, max(s[0], s[2]), max(s[1], s[3]) * 0.75)
)
drawn = st.lists(
    st.tuples(
        st.sampled_from(["cat", "dog"]), box.filter(lambda b: b[2] - b[0] > 1.01 and b[3] - b[1] > 1.01)
    ),
    min_size=1,
    max_size=5,
)


@given(st.dictionaries(st.sampled_from(["a.jpg", "b.jpg", "c.jpg"]), drawn, min_size=1))
def test_what_was_drawn_comes_back_from_coco(marks):
    pycocotools = pytest.importorskip("pycocotools.coco")
    size = (640, 480)
    found = values(pieces(upload(made.coco(marks, size=size))), size=size)
    again = made.coco({name: boxes(found[name]) for name in marks}, size=size)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(again, file)
        file.flush()
        theirs = pycocotools.COCO(file.name)
    names = {image["id"]: image["file_name"] for image in theirs.dataset["images"]}
    labels = {one["id"]: one["name"] for one in theirs.dataset["categories"]}
    for image, name in names.items():
        read = theirs.loadAnns(theirs.getAnnIds(imgIds=image))
        assert [labels[one["category_id"]] for one in read] == [label for label, _ in marks[name]]
        for one, (_, corners) in zip(read, marks[name], strict=True):
            x, y, width, height = one["bbox"]
            assert (x, y, x + width, y + height) == pytest.approx(corners, abs=1e-3)


@given(st.binary(max_size=300), st.sampled_from(sorted(READERS)))
def test_any_bytes_are_read_or_refused(data, layout):
    prefixes = {"coco": b'{"images": [', "voc": b"<annotation>", "csv": b"file,label,x1,y1,x2,y2\n"}
    for start in (b"", prefixes.get(layout, b"[")):
        with suppress(FileUnreadable):
            for piece in READERS[layout](upload(start + data), asked()):
                assert piece


WHOLE = [
    made.coco_bytes(MARKS),
    made.zipped(made.yolo(MARKS)),
    made.zipped(made.voc(MARKS)),
    made.zipped({"result.json": made.coco_bytes(MARKS)}),
    made.table(MARKS),
    json.dumps(made.label_studio(MARKS)).encode(),
]
PIECES = [
    b"",
    b"null",
    b"-1",
    b"1e308",
    b"[]",
    b"{}",
    b'""',
    b"9" * 30,
    b'"\\u0000"',
    b"NaN",
    b"\xff",
    b"&x;",
    b"\n",
]


@settings(max_examples=300)
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(PIECES)), min_size=1, max_size=4),
    st.booleans(),
)
def test_a_damaged_file_is_read_or_refused(data, damage, predictions):
    for share, length, piece in damage:
        at = int(share * len(data))
        data = data[:at] + piece + data[at + length :]
    with suppress(FileUnreadable):
        files = upload(data)
        found = list(READERS[format_of(files)](files, asked(predictions=predictions)))
        values([piece for piece in found if isinstance(piece, Found)], predictions=predictions)


def test_a_file_that_is_not_there_is_said():
    with pytest.raises(FileUnreadable, match="No such file"):
        at_path(Path("no/such/file.json"))
