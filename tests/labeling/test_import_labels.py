"""Labels and predictions of a file are attached to images that are here, once, and by whole images."""

import io
import json
import tracemalloc
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.domain.formats.detection import READERS
from labeling.domain.formats.found import Asked, FileUnreadable
from labeling.models import Image, Label, Resolution, Task
from labeling.services.label_import import sorting
from labeling.services.label_import.gathering import Gathering
from labeling.services.label_import.importing import import_labels
from labeling.services.label_import.sources import in_stream
from labeling.services.resolving import settle
from people.models import AuditEvent
from tests.factories import label_files as made
from tests.factories.labeling import ImageFactory, open_task, picture, project_with

pytestmark = pytest.mark.django_db

MARKS = {"a.jpg": [("cat", (1, 2, 20, 30)), ("dog", (10, 10, 64, 48))], "b.jpg": [("dog", (0, 0, 5, 6))]}


@pytest.fixture
def boxes():
    """A detection project of cats and dogs with images a.jpg, b.jpg and c.jpg."""
    project = project_with(labels=("cat", "dog"), task_type="detection", slug="pets")
    for name in "abc":
        ImageFactory(project=project, filename=f"{name}.jpg")
    return project


@pytest.fixture
def classes():
    project = project_with(labels=("cat", "dog"), slug="pets")
    for name in "abc":
        ImageFactory(project=project, filename=f"{name}.jpg")
    return project


def bring(project, data, user=None, **options):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return import_labels(user=user, project=project, files=in_stream("labels", io.BytesIO(data)), **options)


def counts(report):
    return report.created, report.unchanged, report.refused


def reasons(report):
    return [(error.row, error.file, error.detail) for error in report.errors]


def in_force(project):
    rows = Resolution.objects.filter(project=project, replaced_at=None).select_related("image")
    return {row.image.filename: row.value for row in rows}


@pytest.mark.parametrize(
    "data",
    [
        made.coco_bytes(MARKS),
        made.coco_bytes(MARKS, prefix="/data/upload/1/0a1b2c3d-"),
        made.zipped(made.yolo(MARKS)),
        made.zipped(made.voc(MARKS)),
        made.table(MARKS),
        json.dumps(made.label_studio(MARKS)).encode(),
    ],
    ids=["coco", "coco of label studio", "yolo", "voc", "csv", "label studio"],
)
def test_labels_become_what_the_project_holds_true_and_again_nothing_changes(boxes, data):
    report = bring(boxes, data)
    assert (counts(report), reasons(report)) == ((2, 0, 0), [])
    first = in_force(boxes)
    assert [(region["label"], region["box"]) for region in first["a.jpg"]["regions"]] == [
        ("cat", [1, 2, 20, 30]),
        ("dog", [10, 10, 64, 48]),
    ]
    assert set(Resolution.objects.values_list("by", flat=True)) == {"imported"}
    again = bring(boxes, data)
    assert counts(again) == (0, 2, 0)
    assert (in_force(boxes), Resolution.objects.count()) == (first, 2)


def test_predictions_wait_for_people_once(boxes):
    queue = boxes.queues.get(name="review")
    data = made.table(MARKS, confidence=0.5)
    assert counts(bring(boxes, data, queue=queue)) == (2, 0, 0)
    task = Task.objects.get(image__filename="b.jpg")
    assert task.proposal == {
        "regions": [{"id": "0", "label": "dog", "box": [0.0, 0.0, 5.0, 6.0], "confidence": 0.5}]
    }
    assert counts(bring(boxes, data, queue=queue)) == (0, 2, 0)
    Task.objects.update(state="resolved", closed_at="2026-01-01T00:00Z")
    assert counts(bring(boxes, data, queue=queue)) == (0, 2, 0)
    assert not Resolution.objects.exists()
    open_task(queue, Image.objects.get(filename="c.jpg"))
    other = bring(boxes, made.table({"c.jpg": [("cat", (0, 0, 5, 5))]}), queue=queue)
    assert counts(other) == (0, 1, 0)
    assert other.notes == ["1 × images wait in the queue already, with what was proposed there before."]


def test_what_people_said_since_is_not_taken_back(classes):
    data = made.table({"a.jpg": [("cat", None)], "b.jpg": [("cat", None)], "c.jpg": [("cat", None)]})
    a, b, _ = Image.objects.order_by("filename")
    settle(image=b, value={"label": "dog"}, by="adjudication")
    assert counts(bring(classes, data)) == (2, 1, 0)
    settle(image=a, value={"label": "dog"}, by="one_answer")
    report = bring(classes, data)
    assert counts(report) == (0, 3, 0)
    assert report.notes == ["2 × images keep what people said of them here: that outranks a file."]
    assert in_force(classes) == {
        "a.jpg": {"label": "dog"},
        "b.jpg": {"label": "dog"},
        "c.jpg": {"label": "cat"},
    }
    # Another file may correct an import.
    assert counts(bring(classes, b"file,label\nc.jpg,dog\n")) == (1, 0, 0)


def test_the_good_images_go_in_and_every_other_is_named(classes):
    twin = [ImageFactory(project=classes, filename="twin.jpg") for _ in range(2)]
    ImageFactory(project=project_with(), filename="theirs.jpg")
    rows = (
        b"file,label,sha256\na.jpg,Cat,\nb.jpg,cow,\nnowhere.jpg,cat,\ntheirs.jpg,cat,\ntwin.jpg,cat,\n"
        b"c.jpg,cat,\nx/c.jpg,dog,\nc\0.jpg,cat,\nany.jpg,cat,%s\nbad.jpg,cat,12\n,dog,%s\n"
        % (twin[0].sha256.encode(), twin[1].sha256.upper().encode())
    )
    report = bring(classes, rows)
    assert counts(report) == (3, 0, 8)
    found = {file: (row, detail) for row, file, detail in reasons(report)}
    assert found["b.jpg"] == (3, "label: 'cow' is not a label of this project; it has cat, dog.")
    assert found["nowhere.jpg"] == (4, "no image of this project has this name.")
    assert found["theirs.jpg"] == (5, "no image of this project has this name.")
    for one in twin:
        assert str(one.pk) in found["twin.jpg"][1]
    assert "means the same image as" in found["x/c.jpg"][1] + found["c.jpg"][1]
    assert found["c\0.jpg"] == (9, "file: is no name an image can have.")
    assert "64 digits" in found["bad.jpg"][1]
    truths = {row.image_id: row.value["label"] for row in Resolution.objects.all()}
    assert truths == {
        Image.objects.get(filename="a.jpg").pk: "cat",
        twin[0].pk: "cat",
        twin[1].pk: "dog",
    }


def test_an_image_goes_in_whole_or_not_at_all(boxes):
    marks = {"a.jpg": [("cat", (1, 2, 20, 30)), ("dog", (10, 10, 164, 48))], "b.jpg": MARKS["b.jpg"]}
    report = bring(boxes, made.table(marks))
    assert reasons(report) == [(3, "a.jpg", "box: lies outside the image, which is 64 by 48 pixels.")]
    assert set(in_force(boxes)) == {"b.jpg"}
    assert report.notes == [
        "1 × images stayed out whole for one thing in them that was refused: labels that miss one are wrong."
    ]


def test_a_file_that_breaks_off_changes_nothing(boxes, monkeypatch):
    monkeypatch.setattr(sorting, "TOGETHER", 1)
    tasks = json.dumps(made.label_studio(MARKS)).encode()
    with pytest.raises(FileUnreadable, match="ends in the middle"):
        bring(boxes, tasks[:-20])
    assert not Resolution.objects.exists()
    assert not AuditEvent.objects.filter(action="labels.imported").exists()


def test_rows_of_an_image_come_together_from_anywhere_in_the_file(boxes, monkeypatch):
    monkeypatch.setattr(sorting, "TOGETHER", 2)
    monkeypatch.setattr(sorting, "MOST_RUNS", 2)
    lines = [f"{'abc'[n % 3]}.jpg,cat,{n},0,{n + 5},9" for n in range(30)]
    assert counts(bring(boxes, "\n".join(["file,label,x1,y1,x2,y2", *lines]).encode())) == (3, 0, 0)
    assert [region["box"][0] for region in in_force(boxes)["b.jpg"]["regions"]] == list(range(1, 30, 3))


def test_the_name_that_an_upload_tidied_is_found(boxes):
    ImageFactory(project=boxes, filename="Shelf 12 (dairy), höger.jpg")
    tasks = made.label_studio({"Shelf_12_dairy_höger.jpg": [("cat", (0, 0, 5, 5))]})
    assert counts(bring(boxes, tasks)) == (1, 0, 0)


@pytest.mark.parametrize("layout", ["coco", "csv"])
def test_memory_does_not_grow_with_the_rows(layout, monkeypatch):
    monkeypatch.setattr(sorting, "TOGETHER", 200)
    monkeypatch.setattr(sorting, "MOST_RUNS", 6)
    make = {"coco": made.coco, "csv": made.table}[layout]
    peaks = []
    for rows in (300, 3_000):
        data = make({f"{number}.jpg": [("cat", (1, 2, 20, 30))] for number in range(rows)})
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        files = in_stream("labels", io.BytesIO(data))
        asked = Asked(predictions=False, boxes=True, sort=sorting.sorted_on_disk)
        gathering = Gathering(refuse=pytest.fail, note=pytest.fail)
        tracemalloc.start()
        assert sum(1 for _ in gathering.clusters(READERS[layout](files, asked))) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Three thousand rows would take over a megabyte; only those being sorted are held, and buffers of files.
    assert peaks[1] < peaks[0] + 2**19


def test_labels_are_known_by_their_names_and_made_where_asked(classes):
    classes.labels.filter(key="cat").update(name="Tabby cat")
    rows = "file,label\na.jpg,TABBY CAT\nb.jpg,Store fish\nc.jpg,猫\n".encode()
    assert counts(bring(classes, rows)) == (1, 0, 2)
    report = bring(classes, rows, new_labels=True)
    assert counts(report) == (2, 1, 0)
    made_now = Label.objects.filter(project=classes, position__gte=2).order_by("position")
    assert [(label.key, label.name, label.hotkey) for label in made_now] == [
        ("store-fish", "Store fish", "3"),
        ("label-4", "猫", "4"),
    ]
    assert in_force(classes)["a.jpg"] == {"label": "cat"}
    assert counts(bring(classes, rows, new_labels=True)) == (0, 3, 0)


def test_only_leads_import(shop):
    ImageFactory(project=shop.project, filename="a.jpg")
    with pytest.raises(PermissionDenied):
        bring(shop.project, b"file,label\na.jpg,blocked\n", user=shop.annotator)
    assert counts(bring(shop.project, b"file,label\na.jpg,blocked\n", user=shop.qa_lead)) == (1, 0, 0)
    assert AuditEvent.objects.get(action="labels.imported").detail["created"] == 1


def test_more_images_ask_no_more_of_the_database(boxes):
    asked = []
    for count in (3, 9):
        names = [f"{count}-{number}.jpg" for number in range(count)]
        for name in names:
            ImageFactory(project=boxes, filename=name)
        with CaptureQueriesContext(connection) as queries:
            bring(boxes, made.table({name: [("cat", (0, 0, 5, 5))] for name in names}))
        asked.append(len(queries))
    assert asked[0] == asked[1] < 25


def run(*arguments):
    """The command's stderr and exit code."""
    err = StringIO()
    try:
        call_command("import_labels", *map(str, arguments), stdout=StringIO(), stderr=err)
    except CommandError as refused:
        return f"{err.getvalue()}{refused}", refused.returncode
    return err.getvalue(), 0


def test_the_command_says_what_became_of_it(boxes, tmp_path):
    file = tmp_path / "labels.csv"
    file.write_bytes(made.table(MARKS))
    err, code = run("pets", file)
    assert (code, "2 images labelled, 0 unchanged, 0 rows refused." in err) == (0, True)
    file.write_bytes(made.table(MARKS | {"z.jpg": [("cat", (0, 0, 5, 5))]}))
    err, code = run("pets", file)
    assert (code, "row 5: z.jpg: no image of this project has this name." in err) == (1, True)
    file.write_bytes(b"hello")
    err, code = run("pets", file)
    assert (code, "Nothing was imported." in err) == (2, True)
    file.write_bytes(json.dumps(made.coco_results(MARKS)).encode())
    reference = tmp_path / "instances.json"
    reference.write_bytes(made.coco_bytes(MARKS))
    err, code = run("pets", file, "--kind", "predictions", "--reference", reference)
    assert (code, "2 tasks opened in review" in err) == (0, True)


def test_the_command_brings_the_photographs_too(tmp_path):
    project = project_with(labels=("cat", "dog"), task_type="detection", slug="pets")
    for path, data in {
        **made.yolo(MARKS),
        "images/train/a.jpg": picture(1),
        "images/train/b.jpg": picture(2),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    err, code = run("pets", tmp_path, "--images", tmp_path)
    assert (code, "2 photographs new" in err, "2 images labelled" in err) == (0, True, True)
    assert set(in_force(project)) == {"a.jpg", "b.jpg"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere", "."], "There is no project 'nowhere'."),
        (["pets", "no/such.json"], "No such file or directory"),
        (["pets", ".", "--queue", "review"], "--queue: is for predictions"),
        (
            ["pets", ".", "--kind", "predictions", "--queue", "audit"],
            "keeps proposals; this project has alerts, review.",
        ),
        (
            ["pets", ".", "--kind", "predictions", "--queue", "x"],
            "'x' is no queue that keeps",
        ),
        (["pets", ".", "--images", "no/folder"], "--images: no/folder is not a folder."),
    ],
)
def test_what_is_wrong_is_said_in_one_line(boxes, arguments, reason):
    err, code = run(*arguments)
    assert reason in err
    assert "\n" not in err.strip()
    assert code == 2
