"""When to retrain, on the page of trainings and over the API: forecast, cost, rules; who reads and who sets."""

from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback.models import DatasetVersion, Promotion, RetrainingRules
from feedback.queries.learning_curve import measured, outlook
from feedback.services.gate_figures import JOB
from inference.models import ModelVersion, TrainingRun
from labeling.models import Resolution
from people.models import Project
from tests.factories.feedback import DatasetVersionFactory, EvaluationFactory
from tests.factories.inference import ModelVersionFactory
from tests.factories.labeling import AnswerFactory, ImageFactory, ResolutionFactory, open_task
from tests.factories.people import client_of
from tests.feedback.pages import in_words, url

pytestmark = pytest.mark.django_db

OTHER = "u" * 64


def trained(project, size, accuracy, *, test_hash=OTHER, images=1000, state="succeeded"):
    """A model trained on so many examples and measured."""
    dataset = DatasetVersionFactory(
        project=project, test_hash=test_hash, counts={"train": size, "val": size // 8, "test": size // 8}
    )
    model = ModelVersionFactory(project=project, dataset_id=dataset.pk)
    TrainingRun.objects.create(
        project=project, dataset_id=dataset.pk, manifest_key="nowhere", model=model, state=state
    )
    EvaluationFactory(model=model, accuracy=accuracy, test_hash=test_hash, images=images)
    return model


def curve(project):
    return [trained(project, size, 1 - 2 * size**-0.4) for size in (100, 200, 400, 800)]


def answered(shop, count, seconds):
    for _ in range(count):
        AnswerFactory(task=open_task(shop.queue("review")), seconds=seconds)


def test_the_forecast_counts_what_answers_become_and_what_they_take(shop):
    assert outlook(shop.project).missing.startswith("A forecast needs models trained on 3 different numbers")
    assert outlook(shop.project).hours is None
    curve(shop.project)
    answered(shop, 3, 24)
    answered(shop, 1, 3600)
    for _ in range(2):
        ResolutionFactory(image=ImageFactory(project=shop.project), by="consensus", answer_count=2)
    ResolutionFactory(image=ImageFactory(project=shop.project))
    found = outlook(shop.project, 300)
    assert (found.missing, len(found.points), found.hours) == ("", 4, 2.0)
    # Two answers an image, and eight of ten images are trained on.
    assert found.gain.more == 120
    assert found.gain.gain == pytest.approx(2 * 800**-0.4 - 2 * 920**-0.4, abs=0.003)
    assert found.gain.low <= found.gain.gain <= found.gain.high


def test_only_models_on_one_test_set_make_a_curve(shop):
    for size in (100, 200, 400):
        trained(shop.project, size, 0.8, test_hash=f"{size:064}")
    trained(shop.project, 800, 0.9, state="failed")
    assert len({point.size for point in measured(shop.project)}) == 1
    assert outlook(shop.project).gain is None
    curve(shop.project)
    assert [point.size for point in measured(shop.project)] == [100, 200, 400, 800]


def test_earlier_models_are_measured_on_the_newest_test_images(shop, client):
    sizes = [100, 110, 120, 130, 140, 150, 160, 170, 180, 800]
    for size in sizes:
        trained(shop.project, size, 0.8, test_hash=f"{size:064}")
    newest = shop.project.datasets.get(counts__train=800)
    address = url(shop, "measure-earlier")
    client.force_login(shop.qa_lead)
    page = in_words(client.get(url(shop, "runs")))
    assert "Measure 7 earlier models on the newest test images" in page
    assert client.post(address).status_code == 302
    job = ProcrastinateJob.objects.get(task_name=JOB)
    assert job.args["dataset_id"] == str(newest.pk)
    asked = ModelVersion.objects.filter(pk__in=job.args["model_ids"]).values_list("dataset_id", flat=True)
    counts = [DatasetVersion.objects.get(pk=pk).counts["train"] for pk in asked]
    assert (len(counts), min(counts), 800 in counts) == (7, 100, False)
    again = shop.client(shop.qa_lead).post(f"/api/v1/projects/{shop.project.slug}/retraining/measure/")
    assert (again.status_code, len(again.json()["models"])) == (202, 7)
    client.force_login(shop.annotator)
    assert client.post(address).status_code == 403
    client.force_login(shop.stranger)
    assert client.post(address).status_code == 404
    assert (
        shop.client(shop.annotator)
        .post(f"/api/v1/projects/{shop.project.slug}/retraining/measure/")
        .status_code
        == 403
    )


def test_the_page_says_it_all_in_sentences(shop, client):
    first, second, *_ = curve(shop.project)
    answered(shop, 1, 3600)
    made = Promotion.objects.create(project=shop.project, champion=first, challenger=second, kind="promoted")
    Promotion.objects.filter(pk=made.pk).update(at=timezone.now() + timedelta(seconds=5))
    RetrainingRules.objects.create(project=shop.project, people_hour_price=300, currency="SEK")
    client.force_login(shop.qa_lead)
    page = in_words(client.get(url(shop, "runs"), {"answers": "50"}))
    assert "50 more answers ≈ <strong>+" in page
    assert "≈ 50.0 hours of people" in page
    assert "Each accuracy point has cost so far <strong>" in page
    assert "SEK: " in page
    assert "The rules are off" in page
    assert "Engineers set these." in page
    Promotion.objects.filter(pk=made.pk).update(champion=second, challenger=first)
    assert "<strong>No point gained</strong>" in in_words(client.get(url(shop, "runs")))


def test_an_engineer_sets_the_rules_on_the_page_and_what_is_wrong_stays_typed(shop, client):
    client.force_login(shop.engineer)
    typed = {"is_on": "on", "after_resolutions": "50", "method": "scratch", "people_hour_price": "300"}
    refused = client.post(url(shop, "set-when"), typed)
    assert refused.status_code == 400
    page = in_words(refused)
    assert "Nothing was changed." in page
    assert "must be said where there is a price" in page
    assert 'value="50"' in page
    assert client.post(url(shop, "set-when"), {**typed, "after_resolutions": "many"}).status_code == 400
    assert not RetrainingRules.objects.exists()
    assert client.post(url(shop, "set-when"), {**typed, "currency": "sek"}).status_code == 302
    held = RetrainingRules.objects.get()
    assert (held.is_on, held.after_resolutions, held.every_days, held.by) == (True, 50, None, shop.engineer)
    assert "Waiting: 0 of 50 new resolutions." in in_words(client.get(url(shop, "runs")))


def test_a_project_of_boxes_is_not_offered_a_last_layer_alone(shop, client):
    client.force_login(shop.engineer)
    assert '<option value="head">' in in_words(client.get(url(shop, "runs")))
    Project.objects.filter(pk=shop.project.pk).update(task_type="detection")
    assert 'value="head"' not in in_words(client.get(url(shop, "runs")))
    assert client.post(url(shop, "set-when"), {"method": "head"}).status_code == 400
    assert client.post(url(shop, "set-when"), {"method": "replay"}).status_code == 302


def test_who_may_not_set_them_is_refused(shop, client):
    address = url(shop, "set-when")
    for user, status in ((shop.qa_lead, 403), (shop.annotator, 403), (shop.stranger, 404)):
        client.force_login(user)
        assert client.post(address, {"method": "scratch"}).status_code == status
    assert not RetrainingRules.objects.exists()


def test_the_api_reads_and_changes_what_the_page_does(shop):
    address = f"/api/v1/projects/{shop.project.slug}/retraining/"
    curve(shop.project)
    lead, engineer = shop.client(shop.qa_lead), shop.client(shop.engineer)
    found = lead.get(address, {"answers": 100}).json()
    assert found["rules"]["is_on"] is False
    assert (found["fires"], found["stopped"], found["set_by"]) == (None, False, None)
    assert (found["forecast"]["answers"], found["forecast"]["models"]) == (100, 4)
    assert found["forecast"]["low"] <= found["forecast"]["gain"] <= found["forecast"]["high"]
    assert found["cost"]["steps"] == []
    made = engineer.patch(address, {"is_on": True, "every_days": 30}, format="json")
    assert made.status_code == 200
    assert made.json()["rules"]["every_days"] == 30
    assert made.json()["set_by"] == shop.engineer.username
    changed = engineer.patch(address, {"most_answers": 0}, format="json").json()
    assert changed["rules"]["every_days"] == 30
    assert (changed["stopped"], changed["fires"]) == (True, None)


@pytest.mark.parametrize("answers", ["0", "-1", "x", "1000001", "٣", "9" * 30])
def test_the_api_refuses_a_number_of_answers_that_is_none(shop, answers):
    address = f"/api/v1/projects/{shop.project.slug}/retraining/"
    refused = shop.client(shop.qa_lead).get(address, {"answers": answers})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["answers"])


def test_the_api_names_what_is_wrong_and_refuses_who_may_not(shop):
    address = f"/api/v1/projects/{shop.project.slug}/retraining/"
    refused = shop.client(shop.engineer).patch(address, {"every_days": "often", "colour": 1}, format="json")
    assert refused.status_code == 400
    assert set(refused.json()["errors"]) == {"every_days", "colour"}
    assert shop.client(shop.engineer).patch(address, [1], format="json").status_code == 400
    for user, reads, sets in (
        (shop.qa_lead, 200, 403),
        (shop.annotator, 403, 403),
        (shop.stranger, 404, 404),
    ):
        api = client_of(user, shop.project) if user != shop.stranger else shop.client(user)
        assert api.get(address).status_code == reads
        assert api.patch(address, {"every_days": 1}, format="json").status_code == sets
    only_reads = shop.client(shop.engineer, ["read"])
    assert only_reads.patch(address, {"every_days": 1}, format="json").status_code == 403
    assert not RetrainingRules.objects.exists()


def test_the_page_asks_the_database_as_often_however_many_models_there_are(
    shop, client, django_assert_max_num_queries
):
    client.force_login(shop.qa_lead)
    curve(shop.project)
    client.get(url(shop, "runs"))
    with django_assert_max_num_queries(45) as few:
        client.get(url(shop, "runs"))
    curve(shop.project)
    with django_assert_max_num_queries(len(few)):
        client.get(url(shop, "runs"))
    assert DatasetVersion.objects.count() == 8
    assert not Resolution.objects.exists()
