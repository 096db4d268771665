"""Importing labels over the API: what the command does, one upload at a time."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from labeling.models import Resolution, Task
from labeling.services.label_import import importing
from tests.factories import label_files as made
from tests.factories.labeling import ImageFactory

pytestmark = pytest.mark.django_db

MARKS = {"a.jpg": [("blocked", None)], "b.jpg": [("in_stock", None)]}


@pytest.fixture
def place(shop):
    for name in MARKS:
        ImageFactory(project=shop.project, filename=name, source=shop.camera)
    return shop


def send(shop, data, name="labels", headers=None, **fields):
    path = reverse("api-labels-import", args=[shop.project.slug])
    sent = fields | ({} if data is None else {"file": SimpleUploadedFile(name, data)})
    return shop.client(shop.engineer).post(path, sent, format="multipart", headers=headers)


def test_the_good_images_go_in_and_every_other_is_named(place):
    data = made.table(MARKS | {"z.jpg": [("blocked", None)], "caf\u00e9.jpg": [("sold", None)]})
    answer = send(place, data, "labels.csv")
    assert answer.status_code == 200
    assert answer.json() == {
        "created": 2,
        "unchanged": 0,
        "refused": 2,
        "errors": [
            {"row": 4, "file": "z.jpg", "detail": "no image of this project has this name."},
            {"row": 5, "file": "café.jpg", "detail": "no image of this project has this name."},
        ],
        "notes": [],
    }
    assert send(place, data).json()["unchanged"] == 2
    assert Resolution.objects.count() == 2


def test_predictions_wait_in_the_queue_named_for_people_of_the_images_site(place):
    data = json.dumps(made.label_studio(MARKS, key="predictions", score=0.4)).encode()
    answer = send(place, data, kind="predictions", queue="alerts", format="label-studio")
    assert answer.json()["created"] == 2
    task = Task.objects.get(image__filename="a.jpg")
    assert (task.queue.name, task.site_id) == ("alerts", place.north.pk)
    assert task.proposal == {
        "label": "blocked",
        "confidence": 0.4,
        "scores": {"blocked": 0.4},
        "model": "theirs-2",
    }


def test_more_errors_than_a_report_holds_are_counted(place, monkeypatch):
    monkeypatch.setattr(importing, "MOST_ERRORS", 3)
    answer = send(place, made.table({f"{number}.png": [("blocked", None)] for number in range(9)})).json()
    assert (answer["refused"], len(answer["errors"])) == (9, 3)


def test_an_idempotency_key_answers_the_same_again(place):
    data, headers = made.table(MARKS), {"Idempotency-Key": "once"}
    first = send(place, data, headers=headers)
    again = send(place, data, headers=headers)
    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    assert first.json()["created"] == 2


@pytest.mark.parametrize(
    ("data", "fields", "field", "reason"),
    [
        (None, {}, "file", "No file was submitted"),
        (b"hello", {}, "file", "Nothing was imported."),
        (b"", {}, "file", "is no table of labels"),
        (b"x", {"format": "doc"}, "format", "not a valid choice"),
        (b"x", {"kind": "guesses"}, "kind", "not a valid choice"),
        (b"x", {"queue": "review"}, "queue", "is for predictions"),
        (b"x", {"kind": "predictions", "queue": "audit"}, "queue", "no queue that keeps proposals"),
        (b"x", {"kind": "predictions", "queue": "a\0b"}, "queue", "Null characters are not allowed"),
        (b"[]", {"kind": "predictions", "format": "coco"}, "file", "as reference"),
    ],
)
def test_what_is_wrong_is_named(place, data, fields, field, reason):
    answer = send(place, data, **fields)
    assert answer.status_code == 400
    assert reason in answer.json()["errors"][field][0]
    assert not Resolution.objects.exists()
