"""The API of datasets and training runs."""

from uuid import uuid4

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.services import datasets
from inference.enums import Stage
from inference.models import TrainingRun
from people.enums import Role
from tests.factories.feedback import DatasetVersionFactory, labelled
from tests.factories.inference import COLOURS, ModelVersionFactory
from tests.factories.labeling import LABELS, project_with
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return project_with()


@pytest.fixture
def client(project):
    return client_of(member(project, Role.QA_LEAD), project)


def datasets_url(project):
    return f"/api/v1/projects/{project.slug}/datasets/"


def runs_url(project):
    return f"/api/v1/projects/{project.slug}/training-runs/"


def test_freezing_is_accepted_and_then_watched(project, client):
    for seed in range(20):
        labelled(project, LABELS[seed % 4], seed)
    response = client.post(
        datasets_url(project), {"name": "May", "filters": {"test_share": 0.2}}, format="json"
    )
    assert response.status_code == 202
    made = response.json()
    assert (made["state"], made["name"], made["hash"], made["counts"], made["parent"]) == (
        "building",
        "May",
        None,
        None,
        None,
    )
    datasets.freeze(made["id"])
    frozen = client.get(f"/api/v1/datasets/{made['id']}/").json()
    assert (frozen["state"], frozen["unchanged"]) == ("frozen", False)
    assert len(frozen["hash"]) == 64
    assert sum(frozen["counts"].values()) == 20
    assert set(frozen["counts"]) == {"train", "val", "test"}


def test_the_same_again_says_that_nothing_changed(project, client):
    for seed in range(8):
        labelled(project, LABELS[seed % 4], seed)
    ids = [client.post(datasets_url(project), {}, format="json").json()["id"] for _ in range(2)]
    for pk in ids:
        datasets.freeze(pk)
    first, second = (client.get(f"/api/v1/datasets/{pk}/").json() for pk in ids)
    assert (second["hash"], second["parent"], second["unchanged"]) == (first["hash"], first["id"], True)


def test_an_idempotency_key_freezes_once(project, client):
    answers = [
        client.post(datasets_url(project), {"name": "May"}, format="json", headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert DatasetVersion.objects.count() == 1
    assert ProcrastinateJob.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"filters": {"colour": 1}}, "filters.colour"),
        ({"filters": [1]}, "filters"),
        ({"filters": "all"}, "filters"),
        ({"filters": {"sources": [3]}}, "filters.sources"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0b"}, "name"),
        ([], "body"),
    ],
)
def test_what_is_wrong_is_named(project, client, body, field):
    response = client.post(datasets_url(project), body, format="json")
    assert response.status_code == 400
    assert response.json()["type"] == "/problems/invalid"
    assert list(response.json()["errors"]) == [field]
    assert not DatasetVersion.objects.exists()


def test_who_may_freeze_and_read(project):
    dataset = DatasetVersionFactory(project=project)
    other = project_with()
    expected = {
        Role.QA_LEAD: (202, 200),
        Role.ENGINEER: (202, 200),
        Role.ANNOTATOR: (403, 404),
        Role.ASSOCIATE: (403, 404),
    }
    for role, (writes, reads) in expected.items():
        client = client_of(member(project, role), project)
        # An annotator's token cannot carry the scope to begin with.
        assert client.post(datasets_url(project), {}, format="json").status_code == writes
        assert client.get(f"/api/v1/datasets/{dataset.pk}/").status_code == reads
    stranger = client_of(member(other, Role.ENGINEER), other)
    assert stranger.post(datasets_url(project), {}, format="json").status_code == 404
    assert stranger.get(f"/api/v1/datasets/{dataset.pk}/").status_code == 404


def test_the_list_takes_as_many_statements_for_many_rows(project, client, django_assert_num_queries):
    DatasetVersionFactory(project=project)
    with django_assert_num_queries(3):
        client.get(datasets_url(project))
    DatasetVersionFactory.create_batch(20, project=project)
    with django_assert_num_queries(3):
        assert len(client.get(datasets_url(project)).json()["results"]) == 21


def test_a_training_run_is_accepted_and_then_watched(project, client):
    dataset = DatasetVersionFactory(project=project)
    response = client.post(
        runs_url(project), {"dataset": str(dataset.pk), "base": None, "seed": 3}, format="json"
    )
    assert response.status_code == 202
    made = response.json()
    assert (made["state"], made["dataset"], made["base"], made["seed"]) == (
        "queued",
        str(dataset.pk),
        None,
        3,
    )
    assert (made["progress"], made["eta_seconds"], made["model"], made["error"], made["curve"]) == (
        0,
        None,
        None,
        None,
        [],
    )
    assert client.get(f"/api/v1/training-runs/{made['id']}/").json() == made
    assert client.get(runs_url(project)).json()["results"] == [made]
    run = TrainingRun.objects.get()
    assert (run.manifest_key, run.options) == (dataset.manifest_key, {"method": "scratch"})


def test_a_run_may_start_from_the_champion_and_promote_what_is_better(project, client):
    dataset = DatasetVersionFactory(project=project)
    champion = ModelVersionFactory(
        project=project, stage=Stage.CHAMPION, labels=list(COLOURS), checkpoint_key="models/weights"
    )
    body = {"dataset": str(dataset.pk), "base": "champion", "promote_if_better": True}
    made = client.post(runs_url(project), body, format="json").json()
    assert made["base"] == str(champion.pk)
    assert TrainingRun.objects.get().options == {"promote_if_better": True, "method": "replay"}
    asked = {"dataset": str(dataset.pk), "base": "champion", "method": "head", "options": {"size": 32}}
    assert client.post(runs_url(project), asked, format="json").json()["options"] == {
        "size": 32,
        "method": "head",
    }


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"dataset": None}, "dataset"),
        ({"dataset": "x"}, "dataset"),
        ({"dataset": str(uuid4())}, "dataset"),
        ({"base": "champion"}, "base"),
        ({"method": "head"}, "options"),
        ({"method": "ewc"}, "method"),
        ({"options": {"colour": "red"}}, "options"),
        ({"base": "no-such"}, "base"),
        ({"base": str(uuid4())}, "base"),
        ({"seed": -1}, "seed"),
        ({"seed": "x"}, "seed"),
    ],
)
def test_what_is_wrong_with_a_run_is_named(project, client, changed, field):
    dataset = DatasetVersionFactory(project=project)
    response = client.post(runs_url(project), {"dataset": str(dataset.pk), **changed}, format="json")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize("state", [DatasetState.BUILDING, DatasetState.FAILED])
def test_only_a_frozen_dataset_is_trained_on(project, client, state):
    dataset = DatasetVersionFactory(project=project, state=state)
    response = client.post(runs_url(project), {"dataset": str(dataset.pk)}, format="json")
    assert response.status_code == 400
    assert "frozen" in response.json()["errors"]["dataset"][0]


def test_a_dataset_of_held_out_images_alone_is_not_trained_on(project, client):
    dataset = DatasetVersionFactory(project=project, counts={"train": 0, "val": 0, "test": 9})
    response = client.post(runs_url(project), {"dataset": str(dataset.pk)}, format="json")
    assert (response.status_code, list(response.json()["errors"])) == (400, ["dataset"])
    assert not TrainingRun.objects.exists()


def test_a_dataset_or_a_base_of_another_project_is_refused(project, client):
    other = project_with()
    foreign = DatasetVersionFactory(project=other)
    base = ModelVersionFactory(project=other)
    own = DatasetVersionFactory(project=project)
    for body in ({"dataset": str(foreign.pk)}, {"dataset": str(own.pk), "base": str(base.pk)}):
        assert client.post(runs_url(project), body, format="json").status_code == 400


def test_who_may_train(project):
    dataset = DatasetVersionFactory(project=project)
    expected = {Role.QA_LEAD: 202, Role.ENGINEER: 202, Role.ANNOTATOR: 403, Role.ASSOCIATE: 403}
    for role, status in expected.items():
        client = client_of(member(project, role), project)
        assert (
            client.post(runs_url(project), {"dataset": str(dataset.pk)}, format="json").status_code == status
        )


def test_the_runs_take_as_many_statements_for_many_rows(project, client, django_assert_num_queries):
    def add(count):
        for _ in range(count):
            TrainingRun.objects.create(project=project, dataset_id=uuid4(), manifest_key="x")

    add(1)
    with django_assert_num_queries(3):
        client.get(runs_url(project))
    add(20)
    with django_assert_num_queries(3):
        assert len(client.get(runs_url(project)).json()["results"]) == 21
