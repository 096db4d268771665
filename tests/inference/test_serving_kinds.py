"""What else serves than one classifier: a detector, several files as one model, and as many as memory has room for."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from feedback.models import RoutingDecision
from feedback.services.policies import set_policy
from inference.domain.manifest import Manifest, ManifestRow
from inference.domain.outcomes import Outcomes
from inference.imaging import Preprocessing, to_array
from inference.models import Calibration, Embedding, MeasuredSet, Prediction
from inference.runtimes import load
from inference.services.evaluating import evaluate
from inference.services.loaded import IN_MEMORY, LoadedModels
from inference.services.predicting import predict
from inference.services.trainers import read_manifest
from labeling.domain.proposals import check_proposal
from labeling.models import Task
from labeling.services import images
from labeling.signals import project_created
from tests.factories.detector import detector
from tests.factories.inference import (
    COLOURS,
    SIZE,
    ModelVersionFactory,
    capture_of,
    colour_manifest,
    colour_model,
    colour_project,
    coloured,
)
from tests.factories.labeling import SourceFactory, project_with
from tests.factories.people import member

pytestmark = pytest.mark.django_db
LABELS = ("cup", "plate")


@pytest.fixture
def things():
    """A project that asks where cups and plates are."""
    project = project_with(labels=LABELS, task_type="detection")
    project_created.send(sender=type(project), project=project)
    SourceFactory(project=project)
    return project


def finder(project, **options):
    return ModelVersionFactory(
        project=project, stage="champion", labels=list(LABELS), content=detector(**options)
    )


def served(project, model):
    """The prediction of the one capture of the project that waits."""
    with ThreadPoolExecutor(1) as workers:
        outcome = predict(project_id=project.pk, served=LoadedModels(threads=1).get(model), workers=workers)
    assert (outcome.predicted, outcome.failed) == (1, 0)
    return Prediction.objects.filter(project=project).latest("pk")


def test_a_detector_proposes_its_boxes_in_pixels_of_the_picture(things):
    capture = capture_of(things, coloured("red", size=(64, 48)))
    prediction = served(things, finder(things))
    (region,) = prediction.value["regions"]
    assert (region["id"], region["label"]) == ("0", "plate")
    assert region["box"] == pytest.approx([0, 0, 32, 0.52 * 48], abs=0.01)
    assert region["confidence"] == pytest.approx(0.9)
    # What it left out was 0.2, so that nothing is there is 0.8.
    assert prediction.confidence == prediction.raw_confidence == pytest.approx(0.8)
    assert 0 < prediction.uncertainty < 1
    assert not Embedding.objects.filter(prediction=prediction).exists()
    value = {**prediction.value, "confidence": prediction.confidence}
    check_proposal(value, task_type="detection", labels=LABELS, width=64, height=48)
    assert capture.image.width == 64


@pytest.mark.parametrize(("resize", "box"), [("letterbox", [0, -8, 32, 25.28]), ("crop", [8, 0, 32, 24.96])])
def test_boxes_are_where_they_are_however_the_picture_was_fitted(things, resize, box):
    capture_of(things, coloured("red", size=(64, 48)))
    (region,) = served(things, finder(things, resize=resize)).value["regions"]
    assert region["box"] == pytest.approx(np.clip(box, 0, None), abs=0.01)


def test_the_least_sure_box_decides_where_it_goes_and_people_are_shown_the_boxes(things):
    engineer = member(things, "engineer")
    set_policy(
        project=things, user=engineer, threshold=0.75, audit_share=0, queue=things.queues.get(name="review")
    )
    model = finder(things)
    capture_of(things, coloured("red", 1))
    sure = served(things, model)
    model.stage = "retired"
    model.save()
    capture_of(things, coloured("red", 2))
    doubtful = served(things, finder(things, doubt=0.6))
    assert [len(each.value["regions"]) for each in (sure, doubtful)] == [1, 2]
    assert doubtful.confidence == pytest.approx(0.6)
    actions = dict(RoutingDecision.objects.values_list("capture_id", "action"))
    assert (actions[sure.capture_id], actions[doubtful.capture_id]) == ("accept", "review")
    (task,) = Task.objects.filter(project=things)
    assert [region["label"] for region in task.proposal["regions"]] == ["plate", "cup"]


def test_a_picture_where_nothing_is_sure_is_proposed_as_empty(things):
    capture_of(things, coloured("red"))
    prediction = served(things, finder(things, score=0.29, doubt=0.05))
    assert prediction.value == {"regions": []}
    assert prediction.confidence == pytest.approx(0.71)


def test_boxes_are_brought_to_the_calibration_in_force(things):
    model = finder(things)
    Calibration.objects.create(model=model, temperature=2.0, answers=100)
    capture_of(things, coloured("red"))
    prediction = served(things, model)
    # 0.9 is odds of 9, of which the root is 3; 0.8 is odds of 4, of which it is 2.
    assert prediction.value["regions"][0]["confidence"] == pytest.approx(3 / 4)
    assert prediction.confidence == pytest.approx(2 / 3)
    assert prediction.raw_confidence == pytest.approx(0.8)


def test_a_detector_is_not_measured_as_a_classifier(things):
    manifest = read_manifest(colour_manifest(colour_project(champion=False)))
    assert manifest.of("test")
    assert evaluate(model=finder(things), manifest=manifest) is None


def test_a_detector_is_measured_by_its_boxes_image_by_image(things):
    plate = {"id": "0", "label": "plate", "box": [0, 0, 32, 25]}
    values = ([plate], [plate, {"id": "1", "label": "cup", "box": [40, 30, 60, 45]}], [])
    rows = []
    for seed, regions in enumerate(values):
        image, _ = images.store(project=things, data=coloured("red", seed, size=(64, 48)))
        rows.append(ManifestRow(image.sha256, image.key, {"regions": regions}, "test"))
    model = finder(things)
    made = evaluate(model=model, manifest=Manifest("detection", LABELS, tuple(rows)))
    # A plate found in each of three pictures, two of them there; the cup is missed.
    assert made.metrics["f1"] == pytest.approx(2 * 2 / (3 + 3))
    assert (made.metrics["precision"], made.metrics["recall"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    sets = {each.over: Outcomes.unpack(each.content) for each in MeasuredSet.objects.filter(model=model)}
    test = sets["test"]
    assert int(test.right().sum()) == 1
    assert {name: int(test.rows[name].sum()) for name in ("right", "said", "true")} == {
        "right": 2,
        "said": 3,
        "true": 3,
    }
    # Turned about, the boxes would not fit what they are around.
    assert [name for name in sets["corrupted"].variants if "rotation" in name] == []
    assert len(sets["corrupted"].variants) == 20


def test_several_files_serve_as_one_model_and_say_how_far_they_disagree():
    project = colour_project(champion=False)
    first, second = colour_model(), colour_model(sharpness=1.0)
    key = default_storage.save("models/second.onnx", ContentFile(second))
    model = ModelVersionFactory(
        project=project,
        stage="champion",
        content=first,
        members=[{"key": key, "sha256": "", "bytes": len(second)}],
    )
    data = coloured("green")
    capture_of(project, data)
    prediction = served(project, model)
    batch = to_array(data, Preprocessing(size=SIZE))[None]
    each = np.stack([load("onnx", content).predict(batch).probabilities[0] for content in (first, second)])
    mean = each.mean(axis=0)
    assert prediction.value == {"label": "green"}
    assert [prediction.scores[label] for label in COLOURS] == pytest.approx(mean.tolist())
    assert prediction.disagreement == pytest.approx(np.mean((each * np.log(each / mean)).sum(axis=1)))
    assert prediction.uncertainty == pytest.approx(-(mean * np.log(mean)).sum() / np.log(3))


def test_models_leave_memory_by_their_bytes_the_least_used_first(caplog):
    project = colour_project(champion=False)
    files = [colour_model(sharpness=float(number)) for number in range(1, 4)]
    models = [ModelVersionFactory(project=project, content=content) for content in files]
    room = int(IN_MEMORY * (len(files[0]) + len(files[1]))) + 200
    loaded = LoadedModels(threads=1, most_bytes=room)
    caplog.set_level("INFO")
    for model in (models[0], models[1], models[0], models[2], models[0]):
        assert loaded.get(model) is not None
        assert loaded.bytes <= room
    names = [record.args[0].pk for record in caplog.records if "loaded" in record.message]
    assert names == [models[0].pk, models[1].pk, models[2].pk]


def test_a_model_larger_than_the_bound_serves_alone():
    project = colour_project(champion=False)
    loaded = LoadedModels(threads=1, most_bytes=1)
    for content in (colour_model(sharpness=2.0), colour_model(sharpness=3.0)):
        model = ModelVersionFactory(project=project, content=content)
        assert loaded.get(model).model == model
        assert loaded.bytes == int(IN_MEMORY * len(content))
