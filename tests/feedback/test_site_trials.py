"""A model at one site first: what serves where, how it ends, and who may."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, transaction

from feedback.services import promotion
from feedback.services.promotion import GateFailed
from inference.enums import Stage
from inference.models import ModelVersion, Prediction, SiteTrial
from inference.queries import site_trials
from inference.queries.models import champion
from inference.services import forming
from inference.services import site_trials as trials
from inference.services.loaded import LoadedModels
from inference.services.models import set_champion
from inference.services.predicting import BatchFailed, predict
from inference.services.scoring import score
from inference.services.site_trials import TrialRefused
from labeling.models import Source
from labeling.services import images
from people.enums import Role
from people.models import AuditEvent
from tests.factories.feedback import TEST_HASH as HASH
from tests.factories.feedback import DatasetVersionFactory, EvaluationFactory
from tests.factories.inference import CaptureFactory, colour_project, coloured
from tests.factories.labeling import SourceFactory
from tests.factories.people import SiteFactory, client_of, member
from tests.factories.shadows import candidate

pytestmark = pytest.mark.django_db
SWAPPED = ("green", "red", "blue")


@pytest.fixture
def project():
    """A project with a champion, two sites and a test set."""
    project = colour_project()
    SourceFactory(project=project)
    DatasetVersionFactory(project=project, test_hash=HASH)
    EvaluationFactory(model=champion(project), accuracy=0.7)
    return project


@pytest.fixture
def engineer(project):
    return member(project, Role.ENGINEER)


def better(project, accuracy=0.8):
    model = candidate(project, SWAPPED)
    EvaluationFactory(model=model, accuracy=accuracy)
    return model


def cameras(project):
    return list(Source.objects.filter(project=project).order_by("pk"))


def said(project, seed, models=None):
    """What each camera's red picture was called, by its site, as an inference process would have it."""
    for camera in cameras(project):
        image, _ = images.store(project=project, data=coloured("red", seed + camera.pk), source=camera)
        CaptureFactory(project=project, image=image, source=camera)
    models = models or LoadedModels(threads=1)
    before = set(Prediction.objects.values_list("pk", flat=True))
    with ThreadPoolExecutor(1) as workers:
        served = models.get_for(project.pk, champion(project))
        outcome = predict(project_id=project.pk, served=served, workers=workers)
    assert (outcome.predicted, outcome.failed) == (2, 0)
    made = Prediction.objects.exclude(pk__in=before).select_related("capture__source")
    return {each.capture.source.site_id: each.value["label"] for each in made}


def test_it_serves_at_its_site_alone_until_it_ends(project, engineer):
    here, there = cameras(project)
    process = LoadedModels(threads=1)
    assert said(project, 50, process) == {here.site_id: "red", there.site_id: "red"}
    model = better(project)
    trial = promotion.promote_at_site(user=engineer, model=model, site=here.site)
    assert said(project, 100, process) == {here.site_id: "green", there.site_id: "red"}
    model.refresh_from_db()
    assert model.stage == Stage.CANDIDATE
    assert any(rule["passed"] for rule in trial.rules)
    trials.end(user=engineer, trial=trial)
    assert said(project, 200, process) == {here.site_id: "red", there.site_id: "red"}
    told = AuditEvent.objects.filter(action__in=["model.on_trial", "model.trial_ended"]).order_by("pk")
    assert [event.action for event in told] == ["model.on_trial", "model.trial_ended"]
    assert told[0].detail["site"] == here.site.key


def test_a_file_that_is_gone_leaves_its_site_to_the_champion(project, engineer):
    here, there = cameras(project)
    model = better(project)
    promotion.promote_at_site(user=engineer, model=model, site=here.site)
    ModelVersion.objects.filter(pk=model.pk).update(key="models/nowhere.onnx")
    assert said(project, 300) == {here.site_id: "red", there.site_id: "red"}


def test_a_model_that_raises_there_leaves_its_site_to_the_champion_and_its_trial_is_over(
    project, engineer, client, monkeypatch
):
    here, there = cameras(project)
    model = better(project)
    trial = promotion.promote_at_site(user=engineer, model=model, site=here.site)

    def ill(runtime, captures):
        if runtime.labels == SWAPPED:
            raise RuntimeError("the graph is ill\nat node 7")
        return score(runtime, captures)

    monkeypatch.setattr(forming, "score", ill)
    assert said(project, 400) == {here.site_id: "red", there.site_id: "red"}
    trial.refresh_from_db()
    assert trial.failure == "RuntimeError: the graph is ill"
    assert trial.ended_why == f"given up: {trial.failure}"
    told = AuditEvent.objects.get(action="model.trial_ended")
    assert (told.actor, told.detail["why"]) == (None, trial.ended_why)
    client.force_login(engineer)
    page = client.get(f"/p/{project.slug}/models/").content.decode()
    assert f"is on trial at {here.site.name} no longer: it raised “RuntimeError: the graph is ill”" in page
    assert said(project, 500) == {here.site_id: "red", there.site_id: "red"}


@pytest.mark.parametrize("error", [RuntimeError("everything is ill"), OSError("the disk is away")])
def test_what_no_model_can_do_is_not_the_fault_of_the_one_on_trial(project, engineer, monkeypatch, error):
    here, _ = cameras(project)
    promotion.promote_at_site(user=engineer, model=better(project), site=here.site)

    def ill(runtime, captures):
        raise error

    monkeypatch.setattr(forming, "score", ill)
    with pytest.raises(BatchFailed):
        said(project, 600)
    assert site_trials.in_force(project.pk).count() == 1


def test_the_gate_stands_before_a_single_site_too(project, engineer):
    here, _ = cameras(project)
    worse = better(project, accuracy=0.6)
    with pytest.raises(GateFailed):
        promotion.promote_at_site(user=engineer, model=worse, site=here.site)
    assert not SiteTrial.objects.exists()
    made = promotion.promote_at_site(
        user=engineer, model=worse, site=here.site, override_reason=" They asked for it. "
    )
    assert made.reason == "They asked for it."


def test_whoever_comes_to_serve_everywhere_ends_the_trials(project, engineer):
    here, there = cameras(project)
    before = champion(project)
    model = better(project)
    for camera in (here, there):
        promotion.promote_at_site(user=engineer, model=model, site=camera.site)
    promotion.promote(user=engineer, model=model)
    assert not site_trials.in_force(project.pk).exists()
    assert set(SiteTrial.objects.values_list("ended_why", flat=True)) == {f"{model} serves everywhere since"}
    assert promotion.rollback(user=engineer, model=model) == before


def test_a_site_has_one_model_on_trial(project, engineer):
    here, _ = cameras(project)
    first, second = better(project), better(project, 0.9)
    trial = promotion.promote_at_site(user=engineer, model=first, site=here.site)
    promotion.promote_at_site(user=engineer, model=second, site=here.site)
    (going,) = site_trials.in_force(project.pk)
    assert going.model == second
    trial.refresh_from_db()
    assert "on trial there since" in trial.ended_why
    with pytest.raises(IntegrityError, match="one_trial_a_site"), transaction.atomic():
        SiteTrial.objects.create(project=project, site=here.site, model=first)


def test_where_it_cannot_serve_is_said(project, engineer):
    with pytest.raises(TrialRefused, match="no camera at"):
        trials.start(user=engineer, model=better(project), site=SiteFactory(), tried=[])
    with pytest.raises(TrialRefused, match="everywhere already"):
        trials.start(user=engineer, model=champion(project), site=cameras(project)[0].site, tried=[])
    lonely = colour_project(champion=False)
    with pytest.raises(TrialRefused, match="No model serves yet"):
        trials.start(user=None, model=candidate(lonely), site=cameras(lonely)[0].site, tried=[])


def test_it_begins_and_ends_on_the_pages_and_over_the_api(project, engineer, client):
    here, there = cameras(project)
    model = better(project)
    client.force_login(engineer)
    page = f"/p/{project.slug}/models/{model.pk}/promote/"
    assert "At one site first?" in client.get(page).content.decode()
    assert client.post(page, {"site": "nowhere"}).status_code == 409
    assert client.post(page, {"site": here.site.key}).status_code == 302
    shown = " ".join(client.get(f"/p/{project.slug}/models/").content.decode().split())
    assert f"serves at {here.site.name}" in shown
    (trial,) = site_trials.in_force(project.pk)
    client.post(f"/p/{project.slug}/models/trials/{trial.pk}/end/")
    assert not site_trials.in_force(project.pk).exists()
    api, url = client_of(engineer, project), f"/api/v1/models/{model.pk}/sites/"
    assert api.post(url, {"site": "nowhere"}, format="json").status_code == 400
    made = api.post(url, {"site": there.site.key}, format="json")
    assert (made.status_code, made.json()["site"]) == (201, there.site.key)
    assert [each["site"] for each in api.get(url).json()] == [there.site.key]
    assert api.delete(f"{url}?site={here.site.key}").status_code == 409
    assert api.delete(f"{url}?site={there.site.key}").json()["ended_at"]
    set_champion(project=project, model=model)
    assert api.post(url, {"site": here.site.key}, format="json").status_code == 409


@pytest.mark.parametrize("role", [Role.QA_LEAD, Role.ANNOTATOR])
def test_only_engineers_have_a_model_serve_somewhere(project, engineer, client, role):
    here, _ = cameras(project)
    model = better(project)
    trial = promotion.promote_at_site(user=engineer, model=model, site=here.site)
    user = member(project, role)
    client.force_login(user)
    assert client.post(f"/p/{project.slug}/models/trials/{trial.pk}/end/").status_code == 403
    page = f"/p/{project.slug}/models/{model.pk}/promote/"
    assert client.post(page, {"site": here.site.key}).status_code == 403
    api, url = client_of(user, project), f"/api/v1/models/{model.pk}/sites/"
    assert api.post(url, {"site": here.site.key}, format="json").status_code in (403, 404)
    assert api.delete(f"{url}?site={here.site.key}").status_code in (403, 404)
    assert site_trials.in_force(project.pk).count() == 1
