"""What a model may cost, and models from elsewhere: over the API, on the pages, at the gate."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from feedback.domain.gate import LATENCY, SIZE
from feedback.enums import DatasetState, PromotionKind
from feedback.services import promotion
from feedback.services.promotion import GateFailed
from inference.domain.declaration import Declaration
from inference.enums import RunState, Stage
from inference.models import ModelJob, ModelVersion, ServingBudget
from people.enums import Role
from people.models import AuditEvent
from tests.factories.feedback import DatasetVersionFactory, measured_model, project_to_test_on
from tests.factories.inference import COLOURS
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return project_to_test_on()


@pytest.fixture
def engineer(project):
    return member(project, Role.ENGINEER)


@pytest.fixture
def api(project, engineer):
    return client_of(engineer, project)


def costing(project, accuracy, latency_ms, size, **fields):
    made = measured_model(project, accuracy, **fields)
    made.profile = {"latency_ms": latency_ms} if latency_ms else {}
    made.bytes = size
    made.save()
    return made


def test_over_the_budget_it_is_refused_unless_somebody_says_why(project, engineer):
    costing(project, 0.7, 5.0, 100, stage=Stage.CHAMPION)
    slow = costing(project, 0.9, 12.0, 2_000_000)
    ServingBudget.objects.create(project=project, latency_ms=10, bytes=1_000_000)
    with pytest.raises(
        GateFailed, match=r"one picture takes it 12\.0 ms \(p95\), and 10 are allowed"
    ) as error:
        promotion.promote(user=engineer, model=slow)
    assert [rule.name for rule in error.value.rules if not rule.passed] == [LATENCY, SIZE]
    made = promotion.promote(user=engineer, model=slow, override_reason="nights are quiet")
    assert (made.kind, made.reason) == (PromotionKind.OVERRIDDEN, "nights are quiet")
    assert {rule["name"]: rule["passed"] for rule in made.rules}[LATENCY] is False


def test_one_that_was_never_measured_is_measured_when_it_is_to_be_promoted(project, engineer):
    costing(project, 0.7, 5.0, 100, stage=Stage.CHAMPION)
    unknown = costing(project, 0.9, None, 100)
    ServingBudget.objects.create(project=project, latency_ms=10)
    with pytest.raises(GateFailed, match="was never measured; that is under way"):
        promotion.promote(user=engineer, model=unknown)
    assert ModelJob.objects.get().model == unknown


def test_without_a_budget_nothing_is_asked(project, engineer):
    costing(project, 0.7, 5.0, 100, stage=Stage.CHAMPION)
    promotion.promote(user=engineer, model=costing(project, 0.9, None, 100))


def test_the_budget_is_read_and_set_over_the_api(project, engineer, api):
    address = f"/api/v1/projects/{project.slug}/serving-budget/"
    assert api.get(address).json() == {"latency_ms": None, "bytes": None}
    assert api.post(address, {"latency_ms": 12.5, "bytes": None}, format="json").status_code == 200
    assert api.get(address).json() == {"latency_ms": 12.5, "bytes": None}
    assert AuditEvent.objects.get(action="serving_budget.set").actor == engineer
    refused = api.post(address, {"latency_ms": 0, "bytes": None}, format="json")
    assert refused.status_code == 400
    assert "latency_ms" in refused.json()["errors"]
    lead = client_of(member(project, Role.QA_LEAD), project)
    assert lead.get(address).status_code == 200
    assert lead.post(address, {"latency_ms": 1, "bytes": None}, format="json").status_code == 403


def test_a_model_is_sent_and_watched_over_the_api(project, api):
    address = f"/api/v1/projects/{project.slug}/models/"
    declaration = json.dumps({"labels": list(COLOURS), "size": 32, "mean": [0.5, 0.5, 0.5]})
    file = SimpleUploadedFile("theirs.onnx", b"bytes of it")
    made = api.post(address, {"file": file, "name": "Theirs", "declaration": declaration}, format="multipart")
    assert made.status_code == 202
    job = api.get(f"/api/v1/model-jobs/{made.json()['id']}/").json()
    assert (job["kind"], job["state"], job["name"], job["error"]) == (
        "register",
        "queued",
        "theirs.onnx",
        None,
    )
    kept = ModelJob.objects.get()
    assert Declaration.from_json(kept.options["declaration"]).mean == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("declaration", "words"),
    [
        ("no json", "must be a JSON object"),
        ("[]", "must be a JSON object"),
        ('{"wish": 1}', "wish is not known"),
        ('{"labels": ["a"], "scale": "much"}', "scale must be a number"),
        ('{"labels": "ab"}', "labels must be a list"),
        ('{"labels": ["a"], "mean": [true]}', "mean must be a number"),
    ],
)
def test_a_declaration_that_cannot_be_is_a_400(project, api, declaration, words):
    file = SimpleUploadedFile("theirs.onnx", b"x")
    refused = api.post(
        f"/api/v1/projects/{project.slug}/models/",
        {"file": file, "declaration": declaration},
        format="multipart",
    )
    assert refused.status_code == 400
    assert words in refused.json()["errors"]["declaration"][0]
    assert not ModelJob.objects.exists()


def test_a_profile_is_asked_for_and_read_over_the_api(project, api):
    model = costing(project, 0.9, 12.0, 100)
    ServingBudget.objects.create(project=project, latency_ms=10)
    address = f"/api/v1/models/{model.pk}/profile/"
    assert api.get(address).json()["over_budget"] == ["12.0 ms for one picture (p95), where 10 are allowed."]
    asked = api.post(address, {"int8": True}, format="json")
    assert (asked.status_code, asked.json()["model"]) == (202, str(model.pk))
    assert ModelJob.objects.get().options == {"int8": True}
    elsewhere = project_to_test_on()
    outsider = client_of(member(elsewhere, Role.ENGINEER), elsewhere)
    assert outsider.get(address).status_code == 404
    lead = client_of(member(project, Role.QA_LEAD), project)
    assert lead.post(address, {}, format="json").status_code == 403


def test_a_narrower_model_is_asked_for_over_the_api_and_on_the_page(project, engineer, api, client):
    model = costing(project, 0.9, 12.0, 100)
    project.datasets.update(state=DatasetState.FAILED.value)
    address = f"/api/v1/models/{model.pk}/profile/"
    asked = api.post(address, {"narrow": True}, format="json")
    assert asked.status_code == 409
    assert "learns from a frozen dataset" in asked.json()["detail"]
    client.force_login(engineer)
    page = f"/p/{project.slug}/models/{model.pk}/"
    assert "Train a narrower one" in client.get(page).content.decode()
    refused = client.post(f"{page}profile/", {"narrow": "1"}, follow=True).content.decode()
    assert "learns from a frozen dataset" in refused
    assert not ModelJob.objects.exists()
    dataset = DatasetVersionFactory(project=project)
    assert api.post(address, {"narrow": True}, format="json").status_code == 202
    job = ModelJob.objects.get()
    assert job.options["narrow"] == {"dataset_id": str(dataset.pk), "manifest_key": dataset.manifest_key}
    client.post(f"{page}profile/", {"narrow": "1"})
    assert ModelJob.objects.get() == job
    assert "Waits for its turn" in client.get(page).content.decode()


NARROW = {
    "right": 47,
    "parent_right": 48,
    "labelled": 50,
    "agreement": 0.98,
    "latency_ms": 2.5,
    "parent_latency_ms": 9.5,
    "bytes": 40,
    "parent_bytes": 100,
    "learned": 300,
    "architecture": "small_resnet_half",
    "refused": "The narrower model is right on 47 of 50 images.",
}
PROFILE = {
    "at": "2026-01-01T00:00:00+00:00",
    "machine": {"processor": "A fast one", "cores": 2, "onnxruntime": "1"},
    "latency_ms": 12.0,
    "timings": [
        {
            "precision": precision,
            "threads": 1,
            "batch": 1,
            "p50_ms": 9.5,
            "p95_ms": 12.0,
            "p99_ms": 13.0,
            "images_per_second": 100.0,
        }
        for precision in ("fp32", "int8")
    ],
    "precisions": {
        "fp32": {"bytes": 100, "right": 48, "labelled": 50, "agreement": 1.0},
        "int8": {"bytes": 30, "right": 47, "labelled": 50, "agreement": 0.98},
    },
    "told": [],
    "notes": ["Its logits are out."],
}
BASELINE = {
    "images": 50,
    "unreadable": 0,
    "latency_ms": 14.0,
    "right": 48,
    "majority": 20,
    "thumbnail": 46,
    "ahead": {"majority": [0.56, 0.4, 0.7], "thumbnail": [0.04, -0.02, 0.1]},
    "per_label": {"red": {"images": 50, "right": 48, "thumbnail": 46}},
}


def test_the_models_page_says_what_it_takes_and_whether_it_is_needed(project, engineer, client):
    model = costing(project, 0.9, 12.0, 100)
    model.profile, model.baseline = PROFILE | {"narrow": NARROW}, BASELINE
    model.save()
    ServingBudget.objects.create(project=project, latency_ms=10)
    client.force_login(engineer)
    shown = " ".join(client.get(f"/p/{project.slug}/models/{model.pk}/").content.decode().split())
    for words in (
        "Over budget: 12.0 ms",
        "A fast one",
        "94.0%",
        "perhaps no network is needed",
        "The nearest mean thumbnail",
        "Its logits are out.",
        "Not kept. The narrower model is right on 47 of 50 images.",
        "It was distilled from this one on 300 images.",
    ):
        assert words in shown
    client.post(f"/p/{project.slug}/models/{model.pk}/profile/", {"int8": "on"})
    assert ModelJob.objects.get().state == RunState.QUEUED
    assert "Waits for its turn" in client.get(f"/p/{project.slug}/models/{model.pk}/").content.decode()


def test_an_engineer_sets_the_budget_and_brings_a_model_from_a_page(project, engineer, client):
    client.force_login(engineer)
    client.post(f"/p/{project.slug}/models/budget/", {"latency_ms": "20", "megabytes": "5,5"})
    budget = ServingBudget.objects.get()
    assert (budget.latency_ms, budget.bytes) == (20, 5_767_168)
    assert 'value="20"' in client.get(f"/p/{project.slug}/models/").content.decode()
    wrong = client.post(
        f"/p/{project.slug}/models/budget/", {"latency_ms": "0", "megabytes": "big"}, follow=True
    )
    assert "Milliseconds for one picture: must be above 0, or empty." in wrong.content.decode()
    assert "Megabytes of its files: Enter a number." in wrong.content.decode()
    assert ServingBudget.objects.get().latency_ms == 20
    page = f"/p/{project.slug}/models/bring/"
    file = SimpleUploadedFile("theirs.onnx", b"bytes")
    form = {"output": "auto", "resize": "squash", "layout": "auto", "colour": "rgb", "units": "auto"}
    wrong = client.post(page, {**form, "file": file, "labels": "red, red"})
    assert wrong.status_code == 400
    assert "name one label twice" in wrong.content.decode()
    file.seek(0)
    boxes = {"corners": "cxcywh", "overlap": "0.4", "floor": "0.2", "output_name": "out"}
    given = {**form, **boxes, "file": file, "labels": "red, -\nblue", "mean": "0.5, 0.5, 0.5"}
    assert client.post(page, given).status_code == 302
    declared = Declaration.from_json(ModelJob.objects.get().options["declaration"])
    assert (declared.labels, declared.mean) == (("red", "-", "blue"), (0.5, 0.5, 0.5))
    assert (declared.corners, declared.overlap, declared.floor, declared.output_name) == (
        "cxcywh",
        0.4,
        0.2,
        "out",
    )
    assert declared.interpolation == "bilinear"
    assert "waits for a worker" in client.get(page).content.decode()


def test_only_engineers_bring_models_and_set_budgets(project, client):
    client.force_login(member(project, Role.QA_LEAD))
    assert client.get(f"/p/{project.slug}/models/bring/").status_code == 403
    assert client.post(f"/p/{project.slug}/models/budget/", {}).status_code == 403
    assert not ServingBudget.objects.exists()
    assert not ModelVersion.objects.exists()
