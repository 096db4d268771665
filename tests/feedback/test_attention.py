"""Where the model looked: worked out once, shown to who may see the proposal, refused in a blind queue."""

import io

import numpy as np
import pytest
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from inference.domain.attention import brought_to_shares, occlusion
from inference.imaging import Preprocessing
from inference.services import attention
from labeling.models import Task
from people.enums import Role
from tests.factories.inference import PredictionFactory, capture_of, colour_project, coloured
from tests.factories.labeling import open_task
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def predicted():
    """A red picture that the colour model, which gives no maps, called red."""
    project = colour_project()
    capture = capture_of(project, coloured("red"), state="predicted")
    return PredictionFactory(
        capture=capture, project=project, model=project.models.get(), value={"label": "red"}
    )


def task_about(predicted, queue):
    return open_task(
        predicted.project.queues.get(name=queue),
        predicted.capture.image,
        capture_id=predicted.capture_id,
        proposal={"label": "red", "confidence": 0.9, "scores": {}, "model": "model 1"},
    )


def test_the_label_falls_where_its_part_is_hidden():
    picture = np.zeros((3, 28, 28), dtype=np.uint8)
    picture[0, 4:8, 20:24] = 255

    def predict(batch):
        red = batch[:, 0, 4:8, 20:24].mean(axis=(1, 2)) / 255
        return np.stack([red, 1 - red], axis=1)

    shares = brought_to_shares(occlusion(picture, predict))
    assert np.unravel_index(shares.argmax(), shares.shape) == (1, 5)
    assert shares.sum() == 1
    assert not brought_to_shares(np.full((2, 2), -1.0)).any()


@pytest.mark.parametrize(("resize", "covered"), [("squash", 1.0), ("letterbox", 1.0), ("crop", 0.5)])
def test_the_overlay_has_the_photographs_shape_and_covers_what_the_model_saw(resize, covered):
    content = attention.overlay(np.ones((4, 4)), 800, 400, Preprocessing(size=64, resize=resize))
    picture = Image.open(io.BytesIO(content))
    assert picture.size == (320, 160)
    alpha = np.asarray(picture)[:, :, 3]
    assert (alpha > 100).mean() == pytest.approx(covered, abs=0.02)


def test_it_is_worked_out_once_by_the_worker_and_then_fetched(predicted):
    address = f"/api/v1/captures/{predicted.capture_id}/attention/"
    lead = client_of(member(predicted.project, Role.QA_LEAD), predicted.project)
    assert lead.get(address).status_code == 404
    assert [lead.post(address).status_code for _ in range(2)] == [202, 202]
    assert ProcrastinateJob.objects.filter(task_name=attention.JOB).count() == 1
    attention.look(str(predicted.pk))
    attention.look(str(predicted.pk))
    assert lead.post(address).json() == {"state": "ready"}
    fetched = lead.get(address)
    assert fetched["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(fetched.content)).mode == "RGBA"


def test_who_answers_sees_it_beside_the_proposal_and_in_a_blind_queue_nobody_does(predicted):
    annotator = client_of(member(predicted.project, Role.ANNOTATOR), predicted.project)
    assert annotator.post(f"/api/v1/captures/{predicted.capture_id}/attention/").status_code in (403, 404)
    review, blind = task_about(predicted, "review"), task_about(predicted, "audit")
    attention.look(str(predicted.pk))
    assert annotator.post(f"/api/v1/tasks/{review.pk}/attention/").status_code == 200
    assert annotator.get(f"/api/v1/tasks/{review.pk}/attention/").status_code == 200
    assert annotator.post(f"/api/v1/tasks/{blind.pk}/attention/").status_code == 403
    assert annotator.get(f"/api/v1/tasks/{blind.pk}/attention/").status_code == 403
    stranger = colour_project()
    other = client_of(member(stranger, Role.ANNOTATOR), stranger)
    assert other.get(f"/api/v1/tasks/{review.pk}/attention/").status_code == 404
    assert Task.objects.count() == 2


def test_boxes_and_outside_models_say_why_there_is_nothing(predicted):
    lead = client_of(member(predicted.project, Role.QA_LEAD), predicted.project)
    predicted.value = {"regions": []}
    predicted.save()
    refused = lead.post(f"/api/v1/captures/{predicted.capture_id}/attention/")
    assert refused.status_code == 409
    assert "boxes" in refused.json()["detail"]
