"""What QA leads and engineers do from their pages: train, promote, go back, set the routing; and who may not."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback.enums import DatasetState, PromotionKind
from feedback.models import DatasetVersion, Promotion, RoutingPolicy
from feedback.services.retraining import retrain, train_when_frozen
from inference.enums import RunState, Stage
from inference.models import ModelVersion, TrainingRun
from tests.factories.feedback import labelled
from tests.factories.inference import ModelVersionFactory
from tests.feedback import story
from tests.feedback.pages import a_run, in_words, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(shop):
    shop.champion = story.tell(shop)
    return shop


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


def test_the_form_freezes_only_what_passes_and_says_at_which_field_it_cannot(shop, client):
    labelled(shop.project, "in_stock", 1)
    client.force_login(shop.qa_lead)
    assert (
        client.post(
            url(shop, "freeze"),
            {"min_answers": "2", "guideline_from": "3", "since": "2026-05-01", "until": ""},
        ).status_code
        == 302
    )
    asked = DatasetVersion.objects.get(project=shop.project).filters
    assert asked == {"min_answers": 2, "guideline_from": 3, "since": "2026-05-01T00:00:00+00:00"}
    refused = client.post(url(shop, "freeze"), {"min_answers": "two"})
    assert (refused.status_code, "min answers must be a whole number" in in_words(refused)) == (400, True)
    assert 'value="two"' in text(refused)
    assert DatasetVersion.objects.count() == 1


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
        {"promote_if_better": True, "method": "scratch"},
    )
    assert "Waits for its turn" in text(client.get(url(shop, "train-panel")))
    assert train_when_frozen(dataset.pk) == run
    assert "under way already" in text(client.post(url(shop, "train"), follow=True))
    assert DatasetVersion.objects.count() == 1


def test_the_next_model_may_go_on_from_the_champion(shop, client):
    for seed in range(8):
        labelled(shop.project, ("in_stock", "low_stock")[seed % 2], seed)
    client.force_login(shop.engineer)
    refused = client.post(url(shop, "train"), {"method": "replay"}, follow=True)
    assert "nothing to go on from but scratch" in text(refused)
    assert "training-method" not in text(refused)
    assert not DatasetVersion.objects.exists()
    champion = ModelVersionFactory(project=shop.project, stage="champion", checkpoint_key="models/weights")
    assert "training-method" in text(client.get(url(shop, "train-panel")))
    client.post(url(shop, "train"), {"method": "replay"})
    dataset = DatasetVersion.objects.get(project=shop.project)
    job = ProcrastinateJob.objects.get(task_name="feedback.train_when_frozen")
    assert job.args == {"dataset_id": str(dataset.pk), "method": "replay"}
    run = train_when_frozen(**job.args)
    assert (run.base, run.options["method"]) == (champion, "replay")


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
    assert list(response.context["form"].errors) == [field]
    assert 'aria-invalid="true"' in text(response)
    assert RoutingPolicy.objects.filter(project=told.project).count() == 1
