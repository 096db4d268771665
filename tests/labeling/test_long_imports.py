"""A file too long to import while its sender waits: kept, gone through by a worker, told of."""

from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from labeling.models import LabelImport, Resolution, Task
from labeling.services.label_import import importing, later
from tests.factories import label_files as made
from tests.factories.labeling import ImageFactory

pytestmark = pytest.mark.django_db

MARKS = {"a.jpg": [("blocked", None)], "b.jpg": [("in_stock", None)], "z.jpg": [("blocked", None)]}
LONG = made.table(MARKS) + b"\n" * later.AT_ONCE_BYTES


@pytest.fixture
def place(shop):
    for name in ("a.jpg", "b.jpg"):
        ImageFactory(project=shop.project, filename=name, source=shop.camera)
    return shop


def send(shop, data=LONG, **fields):
    path = reverse("api-labels-import", args=[shop.project.slug])
    sent = fields | {"file": SimpleUploadedFile("labels.csv", data)}
    return shop.client(shop.engineer).post(path, sent, format="multipart")


def test_it_is_kept_until_a_worker_has_gone_through_it(place):
    answer = send(place)
    assert (answer.status_code, answer.json()["state"], answer.json()["report"]) == (202, "waiting", None)
    assert not Resolution.objects.exists()
    job = ProcrastinateJob.objects.get(task_name=later.JOB)
    for _ in range(2):
        later.carry_out(UUID(job.args["import_id"]))
    address = reverse("api-labels-import-state", args=[answer.json()["id"]])
    told = place.client(place.qa_lead).get(address).json()
    assert (told["state"], told["share"], told["report"]["created"]) == ("finished", 1, 2)
    assert told["report"]["errors"] == [
        {"row": 4, "file": "z.jpg", "detail": "no image of this project has this name."}
    ]
    assert place.client(place.annotator).get(address).status_code == 403
    kept = LabelImport.objects.get()
    assert not default_storage.exists(f"imports/{place.project.pk}/{kept.pk}/file")


def test_a_worker_that_died_halfway_goes_through_it_again(place, monkeypatch):
    monkeypatch.setattr(importing, "TOGETHER", 1)
    send(place, kind="predictions", queue="review")
    kept = LabelImport.objects.get()
    write, shares = importing.write_predictions, []

    def killed(**terms):
        shares.append(LabelImport.objects.get().share)
        if len(shares) == 2:
            raise KeyboardInterrupt
        return write(**terms)

    monkeypatch.setattr(importing, "write_predictions", killed)
    with pytest.raises(KeyboardInterrupt):
        later.carry_out(kept.pk)
    assert (shares, Task.objects.count()) == ([0, pytest.approx(1 / 3)], 1)
    later.carry_out(kept.pk)
    kept.refresh_from_db()
    assert (kept.state, kept.report["created"], kept.report["unchanged"]) == ("finished", 1, 1)
    assert Task.objects.count() == 2


@pytest.mark.parametrize("reason", ["broken", "no lead any more"])
def test_what_cannot_be_imported_says_why_and_changes_nothing(place, reason):
    send(place, LONG if reason != "broken" else b"hello" + LONG)
    if reason != "broken":
        place.engineer.memberships.update(role="annotator")
    later.carry_out(LabelImport.objects.get().pk)
    kept = LabelImport.objects.get()
    assert (kept.state, kept.report) == ("failed", {})
    assert kept.failure.endswith("Nothing was imported.")
    assert not Resolution.objects.exists()


def test_the_page_shows_how_far_it_is_and_then_what_became_of_it(place, client):
    client.force_login(place.qa_lead)
    sent = {
        "file": SimpleUploadedFile("labels.csv", LONG),
        "kind": "labels",
        "format": "auto",
        "queue": "review",
    }
    page = client.post(reverse("import-labels", args=[place.project.slug]), sent)
    assert page.status_code == 302
    assert "It waits for a worker." in client.get(page.url).content.decode()
    LabelImport.objects.update(state="running", share=0.4)
    assert "40%" in client.get(page.url, headers={"HX-Request": "true"}).content.decode()
    later.carry_out(LabelImport.objects.get().pk)
    assert client.get(page.url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    told = client.get(page.url)
    assert (told.context["report"]["created"], told.context["all_errors"][0][1]) == (2, "z.jpg")
    for who, status in ((place.annotator, 403), (place.stranger, 404)):
        client.force_login(who)
        assert client.get(page.url).status_code == status
