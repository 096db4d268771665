"""The page that brings labels in: who opens it, what it says of a file, and what it refuses."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from labeling.models import Resolution, Task
from labeling.views import label_import
from labeling.views.label_import import MOST_SHOWN, LabelImport
from people.api.bodies import most_bytes
from tests.factories import label_files as made
from tests.factories.labeling import ImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(shop):
    return reverse("import-labels", args=[shop.project.slug])


@pytest.fixture
def lead(client, shop):
    client.force_login(shop.qa_lead)
    ImageFactory(project=shop.project, filename="a.jpg")
    return client


def send(client, page, data, name="labels.csv", kind="labels", **fields):
    sent = {
        "file": SimpleUploadedFile(name, data),
        "kind": kind,
        "format": "auto",
        "queue": "review",
    } | fields
    return client.post(page, sent)


def test_leads_see_it_others_are_told_and_strangers_find_nothing(client, shop, page):
    for method in ("get", "post"):
        found = {}
        for who in ("qa_lead", "engineer", "annotator", "associate", "stranger"):
            client.force_login(getattr(shop, who))
            found[who] = getattr(client, method)(page).status_code
        ok = 200 if method == "get" else 400
        assert found == {"qa_lead": ok, "engineer": ok, "annotator": 403, "associate": 403, "stranger": 404}
    client.logout()
    assert client.get(page).status_code == 302
    # As long as over the API.
    assert most_bytes(LabelImport) > 250 * 2**20


def test_it_says_what_became_of_a_file(lead, page):
    marks = {"a.jpg": [("blocked", None)]} | {f"{n}.png": [("blocked", None)] for n in range(MOST_SHOWN + 5)}
    response = send(lead, page, made.table(marks))
    assert response.status_code == 200
    report = response.context["report"]
    assert (report["created"], report["refused"]) == (1, MOST_SHOWN + 5)
    assert (len(response.context["errors"]), len(response.context["all_errors"])) == (
        MOST_SHOWN,
        MOST_SHOWN + 5,
    )
    assert "no image of this project has this name." in response.content.decode()
    assert Resolution.objects.get().value == {"label": "blocked"}
    assert send(lead, page, made.table({"a.jpg": [("blocked", None)]})).context["report"]["unchanged"] == 1


def test_predictions_open_tasks(lead, page):
    data = made.table({"a.jpg": [("blocked", None)]}, confidence=0.4)
    assert send(lead, page, data, kind="predictions").context["report"]["created"] == 1
    assert Task.objects.get().queue.name == "review"


@pytest.mark.parametrize(
    ("data", "fields", "field", "reason"),
    [
        (b"hello", {}, "file", "the first line must name the columns"),
        (b"", {}, "file", "Nothing was imported."),
        (b"x", {"file": ""}, "file", "Choose the file"),
        (b"x", {"queue": "audit", "kind": "predictions"}, "queue", "Select a valid choice"),
        (b"x", {"format": "doc"}, "format", "Select a valid choice"),
    ],
)
def test_what_is_wrong_stands_beside_the_field(lead, page, data, fields, field, reason):
    response = send(lead, page, data, **fields)
    assert response.status_code == 400
    assert reason in response.context["form"].errors[field][0]
    assert reason in response.content.decode()
    assert not Resolution.objects.exists()


def test_what_was_imported_before_is_listed_with_who_and_what_became_of_it(lead, page, shop, monkeypatch):
    monkeypatch.setattr(label_import, "A_PAGE", 2)
    for number in range(3):
        send(lead, page, made.table({"a.jpg": [("blocked", None)]}), name=f"{number}.csv")
    send(lead, page, b"no labels in here")
    send(lead, page, made.table({"b.jpg": [("blocked", None)]}), name="other.csv")
    first = lead.get(page)
    told = [
        (one.name, one.state, one.created, one.unchanged, one.refused) for one in first.context["page"].rows
    ]
    assert told == [("other.csv", "finished", 0, 0, 1), ("2.csv", "finished", 0, 1, 0)]
    assert str(shop.qa_lead) in first.content.decode()
    second = lead.get(page + first.context["page"].older)
    assert [one.name for one in second.context["page"].rows] == ["1.csv", "0.csv"]
    assert second.context["page"].older is None
    one = first.context["page"].rows[0]
    assert b"no image of this project has this name" in lead.get(f"{page}{one.pk}/").content
    listed = lead.get(reverse("api-labels-import", args=[shop.project.slug]), {"page_size": 1}).json()
    (row,) = listed["results"]
    assert (row["name"], row["created"], row["refused"]) == ("other.csv", 0, 1)
    assert row["made_by"] == shop.qa_lead.username
    assert "report" not in row
    assert listed["next"]
