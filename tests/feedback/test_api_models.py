"""The API of the registry: models with their figures, promotion, rollback."""

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback.domain.gate import ACCURACY
from inference.enums import Stage
from people.enums import Role
from tests.factories.feedback import TEST_HASH as HASH
from tests.factories.feedback import DatasetVersionFactory, EvaluationFactory, project_to_test_on
from tests.factories.feedback import measured_model as model
from tests.factories.inference import ModelVersionFactory
from tests.factories.labeling import project_with
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return project_to_test_on()


@pytest.fixture
def client(project):
    return client_of(member(project, Role.ENGINEER), project)


def url(project):
    return f"/api/v1/projects/{project.slug}/models/"


def test_the_list_shows_stage_ancestry_and_figures(project, client):
    dataset = project.datasets.get()
    base = model(project, 0.7, stage=Stage.CHAMPION)
    child = ModelVersionFactory(project=project, parent=base, dataset_id=dataset.pk)
    newest, oldest = client.get(url(project)).json()["results"]
    assert (newest["id"], newest["parent"], newest["dataset"]) == (
        str(child.pk),
        str(base.pk),
        str(dataset.pk),
    )
    assert newest["metrics"]["test"] is None
    assert (oldest["stage"], oldest["parent"], oldest["dataset"]) == ("champion", None, None)
    test = oldest["metrics"]["test"]
    assert (test["accuracy"], test["ece"], test["images"], test["test_hash"]) == (0.7, 0.05, 100, HASH)
    assert test["per_label"]["red"]["recall"] == 0.8


def test_figures_on_the_newest_test_set_are_shown(project, client):
    one = model(project, 0.7)
    DatasetVersionFactory(project=project, test_hash="n" * 64)
    EvaluationFactory(model=one, accuracy=0.6, test_hash="n" * 64)
    EvaluationFactory(model=one, accuracy=0.1, test_hash="x" * 64)
    assert client.get(url(project)).json()["results"][0]["metrics"]["test"]["accuracy"] == 0.6


def test_promotion_answers_with_both_figures(project, client):
    champion, challenger = model(project, 0.7, stage=Stage.CHAMPION), model(project, 0.8)
    response = client.post(f"/api/v1/models/{challenger.pk}/promote/", {"override_reason": ""}, format="json")
    assert response.status_code == 200
    made = response.json()["promotion"]
    assert (made["kind"], made["challenger"], made["champion"]) == (
        "promoted",
        str(challenger.pk),
        str(champion.pk),
    )
    assert {(rule["challenger"], rule["champion"]) for rule in made["rules"]} >= {(0.8, 0.7)}
    assert client.get(url(project)).json()["results"][0]["stage"] == "champion"


def test_an_empty_body_promotes_too(project, client):
    assert client.post(f"/api/v1/models/{model(project, 0.8).pk}/promote/").status_code == 200


def test_a_failed_gate_is_a_problem_with_its_rules(project, client):
    model(project, 0.7, stage=Stage.CHAMPION)
    challenger = model(project, 0.7)
    response = client.post(f"/api/v1/models/{challenger.pk}/promote/", {}, format="json")
    assert response.status_code == 409
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "/problems/gate-failed"
    compared = {"part", "images", "difference", "low", "high"}
    assert [set(rule) for rule in problem["rules"]] == [
        {"name", "challenger", "champion", "limit", "passed", *compared}
    ] * len(problem["rules"])
    assert [rule["name"] for rule in problem["rules"] if not rule["passed"]] == [ACCURACY]


def test_missing_figures_are_asked_for_with_an_idempotency_key_too(project, client):
    challenger = ModelVersionFactory(project=project)
    before = ProcrastinateJob.objects.count()
    response = client.post(
        f"/api/v1/models/{challenger.pk}/promote/", {}, format="json", headers={"Idempotency-Key": "k"}
    )
    assert response.status_code == 409
    assert ProcrastinateJob.objects.count() == before + 1


def test_an_override_is_recorded(project, client):
    model(project, 0.7, stage=Stage.CHAMPION)
    body = {"override_reason": "the old camera is gone"}
    made = client.post(f"/api/v1/models/{model(project, 0.6).pk}/promote/", body, format="json").json()
    assert (made["promotion"]["kind"], made["promotion"]["reason"]) == (
        "overridden",
        "the old camera is gone",
    )


def test_rollback_answers_with_the_model_that_serves_now(project, client):
    first, second = model(project, 0.7), model(project, 0.8)
    for one in (first, second):
        client.post(f"/api/v1/models/{one.pk}/promote/", {}, format="json")
    response = client.post(f"/api/v1/models/{second.pk}/rollback/")
    assert response.status_code == 200
    assert (response.json()["id"], response.json()["stage"]) == (str(first.pk), "champion")
    again = client.post(f"/api/v1/models/{second.pk}/rollback/")
    assert (again.status_code, again.json()["status"]) == (409, 409)
    assert client.post(f"/api/v1/models/{first.pk}/rollback/").status_code == 409


@pytest.mark.parametrize("body", [[], {"override_reason": 5 * ["x"]}, {"override_reason": "x" * 2001}])
def test_a_bad_body_is_refused(project, client, body):
    challenger = model(project, 0.8)
    response = client.post(f"/api/v1/models/{challenger.pk}/promote/", body, format="json")
    assert response.status_code == 400
    challenger.refresh_from_db()
    assert challenger.stage == Stage.CANDIDATE


def test_what_serves_already_is_a_conflict(project, client):
    serving = model(project, 0.8, stage=Stage.CHAMPION)
    assert client.post(f"/api/v1/models/{serving.pk}/promote/").status_code == 409


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        (Role.ENGINEER, 200, 200),
        (Role.QA_LEAD, 200, 403),
        (Role.ANNOTATOR, 403, 403),
        (Role.ASSOCIATE, 403, 403),
    ],
)
def test_who_may(project, role, reads, writes):
    client = client_of(member(project, role), project)
    assert client.get(url(project)).status_code == reads
    assert client.post(f"/api/v1/models/{model(project, 0.8).pk}/promote/").status_code == writes


def test_a_stranger_learns_nothing(project):
    other = project_with()
    client = client_of(member(other, Role.ENGINEER), other)
    challenger = model(project, 0.8)
    assert client.get(url(project)).status_code == 404
    assert client.post(f"/api/v1/models/{challenger.pk}/promote/").status_code == 404
    assert client.post(f"/api/v1/models/{challenger.pk}/rollback/").status_code == 404


def test_the_list_takes_as_many_statements_for_many_rows(project, client, django_assert_num_queries):
    model(project, 0.7)
    with django_assert_num_queries(4):
        client.get(url(project))
    for step in range(20):
        model(project, 0.7 + step / 100)
    with django_assert_num_queries(4):
        assert len(client.get(url(project)).json()["results"]) == 21


def test_an_engineer_joins_models_on_the_page_and_over_the_api(project, client):
    first, second = (ModelVersionFactory(project=project) for _ in range(2))
    sent = {"models": [str(first.pk), str(second.pk)]}
    joined = client.post(url(project) + "join/", sent, format="json").json()
    assert (joined["stage"], joined["parent"]) == ("candidate", str(first.pk))
    lead = client_of(member(project, Role.QA_LEAD), project)
    assert lead.post(url(project) + "join/", sent, format="json").status_code == 403
    alone = client.post(url(project) + "join/", {"models": [str(first.pk), str(first.pk)]}, format="json")
    assert (alone.status_code, "different" in alone.json()["detail"]) == (400, True)

    page = Client()
    page.force_login(member(project, Role.ENGINEER))
    said = page.post(f"/p/{project.slug}/models/join/", {"models": [first.pk, second.pk]}, follow=True)
    assert said.redirect_chain[-1][0].endswith(f"/models/{joined['id']}/")
    none = page.post(f"/p/{project.slug}/models/join/", {}, follow=True)
    assert "Nothing was joined" in none.content.decode()
