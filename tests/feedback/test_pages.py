"""The engineer's pages: who sees them, what stands on them, and what they ask of the database."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from inference.enums import Stage
from tests.factories.feedback import DatasetVersionFactory
from tests.factories.inference import CaptureFactory, ModelVersionFactory
from tests.feedback import story
from tests.feedback.pages import a_run, in_words, text, url

pytestmark = pytest.mark.django_db

PAGES = ["overview", "captures", "models", "runs", "datasets", "routing"]
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def told(shop):
    shop.champion = story.tell(shop)
    return shop


@pytest.mark.parametrize("name", PAGES)
def test_leads_see_it_others_are_told_and_strangers_find_nothing(shop, client, name):
    for user, status in (
        (shop.qa_lead, 200),
        (shop.engineer, 200),
        (shop.annotator, 403),
        (shop.associate, 403),
        (shop.stranger, 404),
    ):
        client.force_login(user)
        assert client.get(url(shop, name)).status_code == status
    client.logout()
    assert client.get(url(shop, name)).status_code == 302


def test_what_belongs_to_another_project_is_not_found(shop, client):
    other = ModelVersionFactory()
    client.force_login(shop.engineer)
    for name in ("model", "run", "promote-model", "roll-back"):
        for pk in (other.pk, uuid4()):
            assert client.get(url(shop, name, pk)).status_code == 404
    assert client.post(url(shop, "cancel-run", uuid4())).status_code == 404


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("overview", "Nothing to train on yet."),
        ("captures", "create_token"),
        ("models", "No model yet"),
        ("runs", "Nothing was trained yet"),
        ("datasets", "No dataset yet"),
        ("routing", "The first prediction sets a cautious one"),
    ],
)
def test_an_empty_page_says_what_to_do(shop, client, name, words):
    client.force_login(shop.engineer)
    assert words in in_words(client.get(url(shop, name)))


@pytest.mark.parametrize("name", PAGES[:-1])
def test_htmx_gets_the_live_part_alone(told, client, name):
    client.force_login(told.engineer)
    shown = text(client.get(url(told, name), **HTMX))
    assert "<html" not in shown
    assert len(shown) > 200


@pytest.mark.parametrize("name", [*PAGES, "train-panel"])
def test_more_rows_ask_no_more_of_the_database(told, client, name, django_assert_num_queries):
    client.force_login(told.engineer)
    with CaptureQueriesContext(connection) as captured:
        client.get(url(told, name))
    for number in range(100, 103):
        run = a_run(told, number, state="succeeded", finished_at=timezone.now())
        run.model = story.a_model(
            told.project,
            number,
            Stage.CANDIDATE,
            0.9,
            told.project.datasets.get(number=number),
            told.champion,
        )
        run.save()
        CaptureFactory(project=told.project, source=told.camera)
    # What is kept for a minute would be asked for once.
    cache.clear()
    with django_assert_num_queries(len(captured)):
        client.get(url(told, name))
    assert len(captured) <= 32


def test_the_overview_tells_the_fall_and_the_recovery(told, client):
    client.force_login(told.engineer)
    response = client.get(url(told, "overview"))
    chart = response.context["chart"]
    assert chart.caption.startswith("Confidence fell from ")
    assert "when afternoon glare began. Confidence rose from " in chart.caption
    assert chart.caption.endswith(" when model 2 began to serve.")
    for words in ("afternoon glare", "model 2 serves", "Accuracy", "Review"):
        assert words in chart.svg
    shown = in_words(response)
    assert "The file ends in the middle of the image" in shown
    assert "93.3% right (87.4–96.6%) on 120 test images" in shown
    assert response.context["last_hour"] == 202
    assert response.context["pending"] == 1
    assert sum(count for *_, count, _ in response.context["route_rows"]) == 200


def test_an_unknown_span_is_the_usual_one(told, client):
    client.force_login(told.engineer)
    assert client.get(url(told, "overview") + "?span=eternity").context["span"] == "day"
    assert client.get(url(told, "overview") + "?span=month").context["span"] == "month"


def test_captures_are_filtered_and_paged(told, client, monkeypatch):
    monkeypatch.setattr("feedback.views.captures.PAGE_SIZE", 30)
    client.force_login(told.qa_lead)
    page = url(told, "captures")
    assert [row["capture"].state for row in client.get(f"{page}?state=failed").context["rows"]] == ["failed"]
    audits = client.get(f"{page}?action=audit").context["rows"]
    assert {row["decision"].action for row in audits} == {"audit"}
    seen, link = [], "?state=predicted"
    while link:
        response = client.get(page + link)
        seen += [row["capture"].pk for row in response.context["rows"]]
        link = response.context["older"]
    assert len(seen) == len(set(seen)) == 200
    assert client.get(f"{page}?before=x").status_code == 404


def test_models_stand_with_their_figures_and_counts(told, client):
    client.force_login(told.engineer)
    response = client.get(url(told, "models"))
    assert [row.model.number for row in response.context["rows"]] == [3, 2, 1]
    shown = in_words(response)
    for words in ("93.3%", "87.4–96.6% of 120", "won against model 1: 93.3% against 70.0%", "Roll back…"):
        assert words in shown
    client.force_login(told.qa_lead)
    assert "Roll back…" not in text(client.get(url(told, "models")))


def test_figures_of_an_earlier_test_set_say_so(told, client):
    DatasetVersionFactory(project=told.project, number=9, test_hash="f" * 64)
    client.force_login(told.engineer)
    assert "earlier test set" in text(client.get(url(told, "models")))
    assert "earlier test set" in text(client.get(url(told, "model", told.champion.pk)))


def test_a_models_page_shows_confusion_and_where_it_comes_from(told, client):
    client.force_login(told.qa_lead)
    response = client.get(url(told, "model", told.champion.pk))
    (_, cells, total), *_ = response.context["confusion"]
    assert ([cell.count for cell in cells], total) == ([28, 2, 0, 0], 30)
    shown = in_words(response)
    for words in ("Found (recall)", "dataset 2", "run of", told.champion.sha256, "squash", "Out of stock"):
        assert words in shown


def test_a_model_without_figures_says_how_to_get_them(shop, client):
    model = ModelVersionFactory(project=shop.project)
    client.force_login(shop.engineer)
    assert "Not measured yet" in text(client.get(url(shop, "model", model.pk)))


def test_a_failed_run_says_why(shop, client):
    run = a_run(shop, state="failed", error="No image has a label.", finished_at=timezone.now())
    client.force_login(shop.engineer)
    for page in (url(shop, "run", run.pk), url(shop, "runs"), url(shop, "overview")):
        assert "No image has a label." in text(client.get(page))


def test_a_dataset_stands_with_its_difference_from_the_one_before(told, client):
    client.force_login(told.qa_lead)
    response = client.get(url(told, "datasets"))
    newer, older = response.context["rows"]
    assert [(split.name, split.count, split.change) for split in newer.splits] == [
        ("train", 420, 120),
        ("val", 60, 0),
        ("test", 120, 0),
    ]
    assert [split.change for split in older.splits] == [None, None, None]
    assert "+120" in text(response)
    assert "tied to two splits 3" in in_words(response)


def test_a_dataset_that_failed_says_why(shop, client):
    DatasetVersion.objects.create(
        project=shop.project, number=1, state=DatasetState.FAILED, error="There is nothing to freeze."
    )
    client.force_login(shop.engineer)
    assert "There is nothing to freeze." in text(client.get(url(shop, "datasets")))


def test_an_images_page_tells_its_prediction_its_route_and_its_datasets(told, client):
    member = DatasetVersion.objects.get(project=told.project, number=2).members.get()
    client.force_login(told.qa_lead)
    shown = in_words(client.get(url(told, "image", member.example.image_id)))
    for words in (
        "Captures and predictions",
        "Its confidence of",
        "Routed to",
        "dataset 2",
        "train",
    ):
        assert words in shown


def test_old_captures_stay_out_of_the_hour(shop, client):
    at = timezone.now() - timedelta(hours=3)
    CaptureFactory(project=shop.project, source=shop.camera, received_at=at)
    client.force_login(shop.engineer)
    assert client.get(url(shop, "overview")).context["last_hour"] == 0
