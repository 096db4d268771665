"""A frozen dataset comes out in the layouts others read, and back in by them and by our own import."""

import io
import json
import zipfile
from io import StringIO

import pytest
import yaml
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.urls import reverse
from PIL import Image as Picture

from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.services import exporting
from feedback.services.datasets import freeze, request_dataset
from labeling.enums import ResolvedBy
from labeling.models import Image, Resolution
from labeling.services.images import store
from labeling.services.label_import.importing import import_labels
from labeling.services.label_import.sources import at_path, in_stream
from labeling.services.resolving import settle
from tests.factories.feedback import DatasetVersionFactory, labelled
from tests.factories.labeling import picture, project_with
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db

LABELS = ("cat", "dog")
VALUES = [
    {
        "regions": [
            {"id": "0", "label": "cat", "box": [1.5, 2.25, 20.0, 30.0]},
            {"id": "1", "label": "dog", "box": [10.0, 10.0, 64.0, 48.0]},
        ]
    },
    {"regions": []},
    {"regions": [{"id": "0", "label": "dog", "box": [0.0, 0.0, 33.333, 6.0]}]},
]


def frozen(project):
    dataset = request_dataset(user=None, project=project, name="", filters={})
    dataset = freeze(dataset.pk)
    assert dataset.state == DatasetState.FROZEN, dataset.error
    return dataset


@pytest.fixture
def boxes():
    """A frozen dataset of boxes, one image a split."""
    project = project_with(labels=LABELS, task_type="detection", slug="pets")
    for number, (value, split) in enumerate(zip(VALUES, ("train", "val", "test"), strict=True)):
        image, _ = store(project=project, data=picture(number), filename="same.jpg", split=split)
        settle(image=image, value=value, by=ResolvedBy.IMPORTED)
    return frozen(project)


@pytest.fixture
def classes():
    project = project_with(labels=LABELS, slug="kinds")
    for number, split in enumerate(("train", "val", "test")):
        labelled(project, LABELS[number % 2], number, split=split)
    return frozen(project)


def fetch(dataset, user=None, **query):
    user = user or member(dataset.project, "engineer")
    path = reverse("api-dataset-export", args=[dataset.pk])
    return client_of(user, dataset.project).get(path, query)


def content_of(response):
    async def gathered():
        return b"".join([chunk async for chunk in response.streaming_content])

    assert response.status_code == 200, response.content
    return async_to_sync(gathered)()


def archive_of(response):
    archive = zipfile.ZipFile(io.BytesIO(content_of(response)))
    assert archive.testzip() is None
    return archive


@pytest.mark.parametrize("layout", ["coco", "yolo", "csv"])
def test_our_own_import_reads_back_what_was_written(boxes, layout):
    data = content_of(fetch(boxes, layout=layout, images="false"))
    truth = {row.image.sha256: row.value for row in Resolution.objects.select_related("image")}
    other = project_with(labels=LABELS, task_type="detection")
    for number in range(3):
        store(project=other, data=picture(number), filename="same.jpg")
    report = import_labels(user=None, project=other, files=in_stream("x.zip", io.BytesIO(data)))
    assert (report.created, report.errors) == (3, [])
    for row in Resolution.objects.filter(project=other).select_related("image"):
        expected = truth[row.image.sha256]["regions"]
        assert [region["label"] for region in row.value["regions"]] == [
            region["label"] for region in expected
        ]
        for read, written in zip(row.value["regions"], expected, strict=True):
            assert read["box"] == pytest.approx(written["box"], abs=1e-3)


def test_coco_is_what_pycocotools_reads(boxes, tmp_path):
    pycocotools = pytest.importorskip("pycocotools.coco")
    archive = archive_of(fetch(boxes, layout="coco"))
    assert sorted(name.split("/")[1] for name in archive.namelist()) == [
        "instances_test.json",
        "instances_train.json",
        "instances_val.json",
        "test",
        "train",
        "val",
    ]
    archive.extractall(tmp_path)
    theirs = pycocotools.COCO(tmp_path / "annotations/instances_train.json")
    (image,) = theirs.loadImgs(theirs.getImgIds())
    assert (tmp_path / "images/train" / image["file_name"]).read_bytes() == picture(0)
    said = theirs.loadAnns(theirs.getAnnIds(imgIds=image["id"]))
    assert [(theirs.cats[one["category_id"]]["name"], one["bbox"]) for one in said] == [
        ("cat", [1.5, 2.25, 18.5, 27.75]),
        ("dog", [10.0, 10.0, 54.0, 38.0]),
    ]
    assert (
        theirs.getAnnIds(imgIds=pycocotools.COCO(tmp_path / "annotations/instances_val.json").getImgIds())
        != []
    )
    assert json.loads((tmp_path / "annotations/instances_val.json").read_text())["annotations"] == []


def test_yolo_has_a_text_beside_every_photograph(boxes):
    archive = archive_of(fetch(boxes, layout="yolo"))
    about = yaml.safe_load(archive.read("data.yaml"))
    assert (about["names"], about["val"]) == (list(LABELS), "images/val")
    names = {name.rpartition(".")[0] for name in archive.namelist() if name.startswith("images/")}
    assert {name.replace("images", "labels") + ".txt" for name in names} == {
        name for name in archive.namelist() if name.startswith("labels/")
    }
    assert archive.read(next(name for name in archive.namelist() if name.startswith("labels/val/"))) == b""


def test_an_image_folder_holds_the_photographs_by_label(classes, tmp_path):
    archive = archive_of(fetch(classes, layout="imagefolder"))
    assert sorted(name.rpartition("/")[0] for name in archive.namelist()) == [
        "test/cat",
        "train/cat",
        "val/dog",
    ]
    with Picture.open(io.BytesIO(archive.read(archive.namelist()[0]))) as opened:
        assert opened.size == (64, 48)
    archive.extractall(tmp_path)
    other = project_with(labels=LABELS, slug="again")
    call_command("import_images", "again", str(tmp_path / "val"), "--labels-from-folders", stderr=StringIO())
    assert Resolution.objects.get(project=other).value == {"label": "dog"}


def test_a_lead_downloads_it_from_the_page(boxes, client):
    client.force_login(member(boxes.project, "qa_lead"))
    page = client.get(reverse("datasets", args=[boxes.project.slug])).content.decode()
    layouts = ("coco", "yolo", "csv", "huggingface")
    links = [f"{reverse('api-dataset-export', args=[boxes.pk])}?layout={one}" for one in layouts]
    links.append(reverse("api-dataset-manifest", args=[boxes.pk]))
    assert [link in page for link in links] == [True] * 5
    assert content_of(client.get(links[2])).startswith(b"PK")


def test_the_same_dataset_is_the_same_zip(classes):
    first = content_of(fetch(classes, layout="csv"))
    assert content_of(fetch(classes, layout="csv")) == first


def test_a_photograph_that_is_lost_is_named(classes):
    lost = Image.objects.get(project=classes.project, split="val")
    default_storage.delete(lost.key)
    archive = archive_of(fetch(classes, layout="csv"))
    assert archive.read("missing.txt").decode() == f"{lost.sha256}.jpg\n"
    assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 2


def test_more_images_ask_no_more_of_the_database(boxes, django_assert_num_queries):
    for number in range(3, 9):
        image, _ = store(project=boxes.project, data=picture(number), split="train")
        settle(image=image, value=VALUES[0], by=ResolvedBy.IMPORTED)
    frozen(boxes.project)
    for dataset in DatasetVersion.objects.select_related("project"):
        # The images and then the boxes of three splits: a page each, and the page after the last.
        with django_assert_num_queries(12):
            assert b"".join(exporting.zipped(dataset, "coco", pictures=False))


def test_who_may_and_what_is_refused(boxes, classes, monkeypatch):
    found = {}
    for role in ("annotator", "associate", "qa_lead"):
        found[role] = fetch(boxes, member(boxes.project, role), layout="csv").status_code
    assert found == {"annotator": 404, "associate": 404, "qa_lead": 200}
    stranger = client_of(member(classes.project, "engineer"), classes.project)
    assert stranger.get(reverse("api-dataset-export", args=[boxes.pk]), {"layout": "csv"}).status_code == 404
    for dataset, query, field in (
        (boxes, {}, "layout"),
        (boxes, {"layout": "imagefolder"}, "layout"),
        (classes, {"layout": "coco"}, "layout"),
        (
            DatasetVersionFactory(project=boxes.project, number=9, state="building"),
            {"layout": "csv"},
            "dataset",
        ),
    ):
        answer = fetch(dataset, **query)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    monkeypatch.setattr(exporting, "MOST_MEMBERS", 2)
    assert fetch(boxes, layout="yolo", images="false").status_code == 413
    assert fetch(boxes, layout="csv", images="false").status_code == 200


def test_the_command_writes_a_folder(boxes, tmp_path):
    out = StringIO()
    call_command("export_dataset", "pets", str(tmp_path / "out"), "--layout", "yolo", stdout=out)
    assert out.getvalue().split() == [str(boxes.pk), boxes.hash]
    other = project_with(labels=LABELS, task_type="detection", slug="again")
    call_command(
        "import_labels", "again", str(tmp_path / "out"), "--images", str(tmp_path / "out"), stderr=StringIO()
    )
    assert Resolution.objects.filter(project=other).count() == 3
    assert at_path(tmp_path / "out").name == "out"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere", "out", "--layout", "csv"], "There is no project 'nowhere'."),
        (["pets", "out", "--layout", "csv", "--dataset", "9"], "pets has no dataset 9."),
        (["pets", ".", "--layout", "csv"], ". is not an empty folder."),
        (["pets", "full", "--layout", "csv"], "full is not an empty folder."),
        (["pets", "out", "--layout", "imagefolder"], "take coco or yolo or huggingface or csv."),
    ],
)
def test_what_is_wrong_is_said_in_one_line(boxes, tmp_path, monkeypatch, arguments, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").write_text("x")
    with pytest.raises(CommandError) as refused:
        call_command("export_dataset", *arguments)
    assert reason in str(refused.value)
    assert DatasetVersion.objects.count() == 1
