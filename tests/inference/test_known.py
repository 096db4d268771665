"""What a model knows, kept beside its file and used at serving; and a calibration that takes over between batches."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image as Picture

from inference.domain import manifest as manifests
from inference.models import Calibration, Prediction
from inference.queries.models import champion
from inference.services import adjusting, known
from inference.services.loaded import LoadedModels
from inference.services.predicting import predict
from inference.services.trainers import read_manifest
from tests.factories.inference import capture_of, colour_manifest, colour_project, coloured

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return colour_project()


@pytest.fixture
def model(project):
    return champion(project)


def yellow():
    """What is none of the colours the model learnt."""
    out = BytesIO()
    Picture.new("RGB", (64, 48), (250, 250, 10)).save(out, "JPEG")
    return out.getvalue()


def served_by(loaded, project):
    with ThreadPoolExecutor(1) as threads:
        predict(project_id=project.pk, served=loaded.get(champion(project)), workers=threads)
    return Prediction.objects.filter(project=project).order_by("-pk").first()


@pytest.mark.parametrize("val", [2, 10])
def test_a_surveyed_model_says_how_strange_a_picture_is(project, model, val):
    assert known.survey(model=model, manifest=read_manifest(colour_manifest(project, train=8, val=val)))
    model.refresh_from_db()
    assert (model.novelty["k"], model.novelty["count"]) == (5, 24)
    # Those of ten validation images a label, or of the training images themselves, and the same either way here.
    assert model.novelty["quantiles"] == sorted(model.novelty["quantiles"])
    loaded = LoadedModels(threads=1)
    capture_of(project, coloured("red", seed=900))
    familiar = served_by(loaded, project)
    capture_of(project, yellow())
    strange = served_by(loaded, project)
    assert familiar.novelty < 1
    assert strange.novelty == 1


def test_a_model_that_was_never_surveyed_calls_nothing_strange(project, model):
    capture_of(project, coloured("red"))
    assert served_by(LoadedModels(threads=1), project).novelty is None


def test_a_model_whose_survey_is_lost_serves_without_it(project, model, caplog):
    model.novelty = {"k": 5, "count": 24, "quantiles": [0, 1], "key": "models/nowhere.npy"}
    model.save()
    capture_of(project, coloured("red"))
    assert served_by(LoadedModels(threads=1), project).novelty is None
    assert "cannot be read" in caplog.text


def test_too_few_training_images_are_not_surveyed(project, model):
    few = manifests.Manifest(
        "classification", ("red",), read_manifest(colour_manifest(project, train=2)).rows
    )
    assert not known.survey(model=model, manifest=few)


def test_a_new_calibration_is_in_force_from_the_next_batch_that_looks(project, model, monkeypatch):
    loaded = LoadedModels(threads=1)
    capture_of(project, coloured("red"))
    before = served_by(loaded, project)
    made = Calibration.objects.create(model=model, temperature=2.0, answers=100)
    monkeypatch.setattr(adjusting, "FRESH_SECONDS", 0.0)
    capture_of(project, coloured("red", seed=1))
    after = served_by(loaded, project)
    assert before.calibration_id is None
    assert after.calibration_id == made.pk
    assert after.value == before.value
    assert 1 / 3 < after.confidence < before.confidence
    assert sum(after.scores.values()) == pytest.approx(1)
    assert after.uncertainty > before.uncertainty
