"""The engineer's pages: who sees and does what, what stands on them, and what they ask of the database."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from feedback.enums import DatasetState, PromotionKind
from feedback.models import DatasetVersion, Promotion, RoutingPolicy
from feedback.services.retraining import retrain, train_when_frozen
from inference.enums import RunState, Stage
from inference.models import ModelVersion, TrainingRun
from tests.factories.feedback import DatasetVersionFactory, labelled
from tests.factories.inference import CaptureFactory, ModelVersionFactory
from tests.feedback import story

pytestmark = pytest.mark.django_db

PAGES = ["overview", "captures", "models", "runs", "datasets", "routing"]
HTMX = {"HTTP_HX_REQUEST": "true"}


def url(shop, name, *args):
    return reverse(name, args=[shop.project.slug, *args])


def text(response):
    return response.content.decode()


def in_words(response):
    return " ".join(text(response).split())


@pytest.fixture
def told(shop):
    shop.champion = story.tell(shop)
    return shop


def a_run(shop, number=50, **fields):
    """A run on a dataset of that number."""
    dataset = DatasetVersionFactory(project=shop.project, number=number)
    return TrainingRun.objects.create(
        project=shop.project, dataset_id=dataset.pk, manifest_key=dataset.manifest_key, **fields
    )


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


def test_a_refused_promotion_shows_each_rule_and_may_be_overridden(told, client):
    candidate = ModelVersion.objects.get(project=told.project, number=3)
    client.force_login(told.engineer)
    page = url(told, "promote-model", candidate.pk)
    shown = in_words(client.get(page))
    for words in (
        "has not earned its place",
        "Knows every label of the champion",
        "90.0%",
        "93.3%",
        "failed",
    ):
        assert words in shown
    refused = client.post(page)
    assert refused.status_code == 409
    assert "Nothing was changed" in text(refused)
    candidate.refresh_from_db()
    assert candidate.stage == Stage.CANDIDATE
    client.post(page, {"override_reason": "The test set has no glare."})
    made = Promotion.objects.get(challenger=candidate)
    assert (made.kind, made.by, made.reason) == (
        PromotionKind.OVERRIDDEN,
        told.engineer,
        "The test set has no glare.",
    )
    assert client.get(page).url == url(told, "model", candidate.pk)


def test_a_better_model_is_promoted_with_both_figures_shown(told, client):
    candidate = ModelVersion.objects.get(project=told.project, number=3)
    candidate.evaluations.update(metrics=story.figures(0.97))
    client.force_login(told.engineer)
    page = url(told, "promote-model", candidate.pk)
    shown = in_words(client.get(page))
    assert "Promote model 3?" in shown
    assert "96.7%" in shown
    assert client.post(page).url == url(told, "models")
    candidate.refresh_from_db()
    assert candidate.stage == Stage.CHAMPION


def test_going_back_shows_both_and_brings_back_the_one_before(told, client):
    client.force_login(told.engineer)
    page = url(told, "roll-back", told.champion.pk)
    shown = in_words(client.get(page))
    assert "Go back to model 1?" in shown
    assert "70.0%" in shown
    assert client.post(page).url == url(told, "models")
    assert ModelVersion.objects.get(project=told.project, stage=Stage.CHAMPION).number == 1
    assert "There is nothing to go back to" in text(client.get(page, follow=True))
    assert "does not serve" in text(client.post(page, follow=True))


def test_a_qa_lead_reads_and_trains_but_does_not_promote(told, client):
    client.force_login(told.qa_lead)
    for name in ("promote-model", "roll-back"):
        assert client.get(url(told, name, told.champion.pk)).status_code == 403
        assert client.post(url(told, name, told.champion.pk)).status_code == 403
    assert client.post(url(told, "routing"), {"threshold": "50"}).status_code == 403
    assert client.post(url(told, "freeze")).status_code == 302
    assert client.post(url(told, "cancel-run", a_run(told).pk)).status_code == 302


def test_an_annotator_starts_nothing(told, client):
    run = a_run(told)
    client.force_login(told.annotator)
    for page in (url(told, "train"), url(told, "freeze"), url(told, "cancel-run", run.pk)):
        assert client.post(page).status_code == 403
    run.refresh_from_db()
    assert run.state == RunState.QUEUED


def test_one_press_freezes_and_then_trains(shop, client):
    for seed in range(8):
        labelled(shop.project, ("in_stock", "low_stock")[seed % 2], seed)
    client.force_login(shop.engineer)
    assert client.post(url(shop, "train")).url == url(shop, "overview")
    dataset = DatasetVersion.objects.get(project=shop.project)
    assert "Freezing dataset 1" in text(client.get(url(shop, "train-panel")))
    run = train_when_frozen(dataset.pk)
    dataset.refresh_from_db()
    assert dataset.state == DatasetState.FROZEN
    assert (run.dataset_id, run.asked_by, run.options) == (
        dataset.pk,
        shop.engineer,
        {"promote_if_better": True},
    )
    assert "Waits for its turn" in text(client.get(url(shop, "train-panel")))
    assert train_when_frozen(dataset.pk) == run
    assert "under way already" in text(client.post(url(shop, "train"), follow=True))
    assert DatasetVersion.objects.count() == 1


def test_nothing_is_trained_on_what_could_not_be_frozen(shop, client):
    dataset = retrain(user=shop.engineer, project=shop.project)
    assert train_when_frozen(dataset.pk) is None
    client.force_login(shop.engineer)
    assert "could not be frozen" in text(client.get(url(shop, "train-panel")))
    assert not TrainingRun.objects.exists()


def test_a_run_under_way_shows_how_far_it_is_and_can_be_called_off(shop, client):
    run = a_run(shop, state="running", progress=0.4, eta_seconds=42, curve=story.curve(3))
    client.force_login(shop.engineer)
    shown = in_words(client.get(url(shop, "run", run.pk)))
    for words in ("40% · about 42 s left", 'hx-trigger="every 2s"', "75 steps so far"):
        assert words in shown
    client.post(url(shop, "cancel-run", run.pk))
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    shown = in_words(client.get(url(shop, "run", run.pk)))
    assert "every 2s" not in shown
    assert "Call it off" not in shown


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


def test_a_new_rule_is_in_force_at_once_and_the_old_one_kept(told, client):
    client.force_login(told.engineer)
    client.post(url(told, "routing"), {"threshold": "92,5", "audit_share": "2", "queue": "alerts"})
    newest = RoutingPolicy.objects.filter(project=told.project).order_by("-version").first()
    assert (newest.version, newest.threshold, newest.audit_share) == (2, 0.925, 0.02)
    assert (newest.queue.name, newest.by) == ("alerts", told.engineer)
    shown = in_words(client.get(url(told, "routing")))
    assert "below 92.5% confidence" in shown
    assert "v1" in shown


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"threshold": "101"}, "threshold"),
        ({"threshold": "nan"}, "threshold"),
        ({"threshold": ""}, "threshold"),
        ({"audit_share": "-1"}, "audit_share"),
        ({"audit_share": "a\0"}, "audit_share"),
        ({"queue": "nowhere\0"}, "queue"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_at_its_field(told, client, form, field):
    client.force_login(told.engineer)
    given = {"threshold": "80", "audit_share": "5", "queue": "review"} | form
    response = client.post(url(told, "routing"), given)
    assert response.status_code == 400
    assert list(response.context["errors"]) == [field]
    assert 'aria-invalid="true"' in text(response)
    assert RoutingPolicy.objects.filter(project=told.project).count() == 1


def test_an_images_page_tells_its_prediction_its_route_and_its_datasets(told, client):
    member = DatasetVersion.objects.get(project=told.project, number=2).members.get()
    client.force_login(told.qa_lead)
    shown = in_words(client.get(url(told, "image", member.example.image_id)))
    for words in (
        "Captures and predictions",
        "Confidence at least threshold",
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
