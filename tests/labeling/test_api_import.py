"""Bulk import: the good rows go in, each of the others is named with its reason, and again changes nothing."""

import json

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse

from labeling.models import Image, Resolution, Task
from labeling.services.images import read
from labeling.services.resolving import settle
from tests.factories.labeling import ImageFactory, picture

pytestmark = pytest.mark.django_db


def send(shop, rows, images, user=None, **fields):
    """POST rows (dicts or raw lines) and images {filename: bytes}; the response."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    files = [("image", (name, content)) for name, content in images.items()]
    files.append(("rows", ("rows.ndjson", b"\n".join(lines))))
    # Encoded by httpx: Django's own client drops the folder of a filename.
    request = httpx.Request("POST", "http://testserver", data=fields, files=files)
    path = reverse("api-images", args=[shop.project.slug])
    client = shop.client(user or shop.engineer)
    return client.generic("POST", path, request.read(), content_type=request.headers["Content-Type"])


def test_rows_become_images_with_all_that_is_known_of_them(shop):
    rows = [
        {
            "file": "a.jpg",
            "value": {"label": "In_Stock"},
            "source": shop.camera.key,
            "captured_at": "2026-03-01T08:30:00+01:00",
            "context": {"lighting": "glare"},
            "split": "test",
            "group": "burst-1",
        },
        {"file": "b.png"},
    ]
    answer = send(shop, rows, {"a.jpg": picture(1), "b.png": picture(2, kind="PNG")})
    assert answer.status_code == 200
    assert answer.json() == {"created": 2, "duplicates": 0, "errors": []}
    image = Image.objects.get(filename="a.jpg")
    assert read(image) == picture(1)
    assert (image.width, image.height, image.media_type) == (64, 48, "image/jpeg")
    assert (image.source, image.split, image.group) == (shop.camera, "test", "burst-1")
    assert image.captured_at.isoformat() == "2026-03-01T07:30:00+00:00"
    assert image.context == {"lighting": "glare"}
    assert image.difference_hash is not None
    resolution = Resolution.objects.get()
    assert (resolution.image, resolution.value, resolution.by) == (image, {"label": "in_stock"}, "imported")
    assert not Task.objects.exists()


def test_the_good_rows_go_in_and_every_other_is_named(shop):
    good = picture(1)
    rows = [
        {"file": "good.jpg", "value": {"label": "blocked"}},
        {"file": "label.jpg", "value": {"label": "sold"}},
        {"file": "source.jpg", "source": "nowhere"},
        {"file": "context.jpg", "context": []},
        {"file": "text.jpg"},
        {"file": "cut.jpg"},
        {"file": "empty.jpg"},
        {"file": "absent.jpg"},
        {"file": "good.jpg"},
        b"not json",
        {"file": "field.jpg", "valeu": 1},
    ]
    images = {
        "good.jpg": good,
        "label.jpg": picture(2),
        "source.jpg": picture(3),
        "context.jpg": picture(4),
        "text.jpg": b"hello",
        "cut.jpg": picture(5, size=(640, 480))[:-2000],
        "empty.jpg": b"",
        "field.jpg": picture(6),
        "stray.jpg": picture(7),
    }
    answer = send(shop, rows, images).json()
    assert (answer["created"], answer["duplicates"]) == (1, 0)
    reasons = {(error["row"], error["file"]): error["detail"] for error in answer["errors"]}
    expected = {
        (2, "label.jpg"): "value.label: 'sold' is not a label of this project",
        (3, "source.jpg"): "source: 'nowhere' is not a source of this project",
        (4, "context.jpg"): "context: must be an object",
        (5, "text.jpg"): "not an image",
        (6, "cut.jpg"): "cut short or damaged",
        (7, "empty.jpg"): "empty",
        (8, "absent.jpg"): "no part `image` has this filename",
        (9, "good.jpg"): "an earlier row names it already",
        (10, None): "is not one JSON object a line",
        (11, "field.jpg"): "valeu: is not a field of a row",
        (None, "stray.jpg"): "no row names this image",
    }
    assert reasons.keys() == expected.keys()
    for which, reason in expected.items():
        assert reason in reasons[which]
    assert [image.filename for image in Image.objects.all()] == ["good.jpg"]
    assert Resolution.objects.count() == 1


def test_the_same_import_again_changes_nothing(shop):
    rows = [{"file": "a.jpg", "value": {"label": "blocked"}}, {"file": "same.jpg"}]
    images = {"a.jpg": picture(1), "same.jpg": picture(1)}
    assert send(shop, rows, images).json() == {"created": 1, "duplicates": 1, "errors": []}
    assert send(shop, rows, images).json() == {"created": 0, "duplicates": 2, "errors": []}
    assert Image.objects.count() == Resolution.objects.count() == 1


def test_a_better_founded_truth_stays_and_an_equal_one_is_replaced(shop):
    send(shop, [{"file": "a.jpg", "value": {"label": "blocked"}}], {"a.jpg": picture(1)})
    send(shop, [{"file": "a.jpg", "value": {"label": "in_stock"}}], {"a.jpg": picture(1)})
    assert Resolution.objects.get(replaced_at=None).value == {"label": "in_stock"}
    settle(image=Image.objects.get(), value={"label": "low_stock"}, by="adjudication")
    send(shop, [{"file": "a.jpg", "value": {"label": "blocked"}}], {"a.jpg": picture(1)})
    assert Resolution.objects.get(replaced_at=None).value == {"label": "low_stock"}


def test_a_split_is_given_once(shop):
    assert send(shop, [{"file": "a.jpg"}], {"a.jpg": picture(1)}).json()["created"] == 1
    assert send(shop, [{"file": "a.jpg", "split": "test"}], {"a.jpg": picture(1)}).json()["duplicates"] == 1
    assert Image.objects.get().split == "test"
    (error,) = send(shop, [{"file": "a.jpg", "split": "train"}], {"a.jpg": picture(1)}).json()["errors"]
    assert "here already, as test" in error["detail"]


def test_rows_without_a_value_wait_in_the_queue_named(shop):
    prediction = {"label": "blocked", "confidence": 0.4, "scores": {"blocked": 0.4}, "model": "theirs"}
    rows = [
        {"file": "a.jpg", "prediction": prediction, "source": shop.camera.key},
        {"file": "b.jpg"},
        {"file": "c.jpg", "value": {"label": "blocked"}},
        {"file": "d.jpg", "prediction": {"label": "blocked", "confidence": 2}},
    ]
    images = {f"{name}.jpg": picture(number) for number, name in enumerate("abcd")}
    answer = send(shop, rows, images, queue="alerts").json()
    assert answer["created"] == 3
    assert answer["errors"] == [
        {"row": 4, "file": "d.jpg", "detail": "prediction.confidence: must be a number from 0 to 1."}
    ]
    proposals = {task.image.filename: (task.proposal, task.site_id) for task in Task.objects.all()}
    assert proposals == {"a.jpg": (prediction, shop.north.pk), "b.jpg": (None, 0)}


def test_a_prediction_alone_waits_for_review(shop):
    send(
        shop,
        [{"file": "a.jpg", "prediction": {"label": "blocked"}}, {"file": "b.jpg"}],
        {
            "a.jpg": picture(1),
            "b.jpg": picture(2),
        },
    )
    assert Task.objects.get().queue == shop.queue("review")


def test_folders_tell_files_apart(shop):
    rows = [{"file": "x/1.jpg", "value": {"label": "blocked"}}, {"file": "y/1.jpg"}]
    answer = send(shop, rows, {"x/1.jpg": picture(1), "y/1.jpg": picture(2)}).json()
    assert answer == {"created": 2, "duplicates": 0, "errors": []}
    # A folder may name the label: a blind task must not give it away.
    assert {image.filename for image in Image.objects.all()} == {"1.jpg"}


def test_only_leads_import(shop):
    answer = send(shop, [{"file": "a.jpg"}], {"a.jpg": picture(1)}, user=shop.annotator)
    assert answer.status_code == 403
    assert send(shop, [{"file": "a.jpg"}], {"a.jpg": picture(1)}, user=shop.qa_lead).status_code == 200


@pytest.mark.parametrize(("fields", "field"), [({"queue": "nope"}, "queue"), ({"rows": ""}, "rows")])
def test_a_bad_part_is_named(shop, fields, field):
    client = shop.client(shop.engineer)
    data = {"rows": "{}", "image": SimpleUploadedFile("a.jpg", picture(1)), **fields}
    answer = client.post(reverse("api-images", args=[shop.project.slug]), data, format="multipart")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Image.objects.exists()


def test_broken_characters_in_a_row_are_told_and_undo_nothing(shop):
    rows = [
        {"file": "a.jpg", "value": {"label": "blocked"}},
        rb'{"file": "\ud800"}',
        rb'{"file": "b.jpg", "\ud800": 1}',
        rb'{"file": "c.jpg", "value": {"label": "\ud800"}}',
    ]
    answer = send(shop, rows, {f"{name}.jpg": picture(n) for n, name in enumerate("abc")})
    assert answer.status_code == 200
    assert answer.json()["created"] == 1
    assert [(error["row"], error["file"]) for error in answer.json()["errors"]] == [
        (2, "\\ud800"),
        (3, "b.jpg"),
        (4, "c.jpg"),
    ]


def test_more_than_500_images_are_too_many(shop):
    with override_settings(MAX_IMPORT_IMAGES=2):
        answer = send(shop, [], {f"{n}.jpg": b"x" for n in range(3)})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert list(answer.json()["errors"]) == ["image"]
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FILES=2):
        answer = send(shop, [], {f"{n}.jpg": b"x" for n in range(3)})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert list(answer.json()["errors"]) == ["image"]


def test_an_image_over_the_limit_is_refused_by_name(shop):
    with override_settings(MAX_IMAGE_BYTES=1000):
        (error,) = send(shop, [{"file": "a.jpg"}], {"a.jpg": picture(1, size=(640, 480))}).json()["errors"]
    assert error["file"] == "a.jpg"
    assert "MB are accepted" in error["detail"]


def test_an_import_of_many_rows_takes_a_bounded_number_of_queries(shop, django_assert_max_num_queries):
    rows = [{"file": f"{n}.jpg", "value": {"label": "blocked"}} for n in range(40)]
    ImageFactory(project=shop.project)
    with django_assert_max_num_queries(40 * 5 + 60):
        assert send(shop, rows, {f"{n}.jpg": picture(n) for n in range(40)}).json()["created"] == 40
