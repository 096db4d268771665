"""Calibrating a model anew by what people verified: what counts, when it takes over, and who may."""

import numpy as np
import pytest
from django.core.management import call_command

from feedback.domain.boxes_right import boxes_right
from feedback.queries import evidence
from feedback.queries.confidences import claimed
from feedback.services import policies, recalibrating, routing
from feedback.services.recalibrating import recalibrate
from inference.domain.calibration import rescaled
from inference.enums import Stage
from inference.models import Calibration
from inference.services.adjusting import Adjustment, adjust
from labeling.models import Task
from people.enums import Role
from people.models import AuditEvent
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import ResolutionFactory, SourceFactory, project_with
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db
LABELS = ("in_stock", "blocked")


@pytest.fixture
def project():
    project = project_with()
    SourceFactory(project=project, key="north")
    ModelVersionFactory(project=project, stage=Stage.CHAMPION.value, labels=list(LABELS))
    return project


@pytest.fixture
def model(project):
    return project.models.get(stage=Stage.CHAMPION.value)


def verify(project, model, count, *, confidence=0.95, right=0.7, **fields):
    """So many predictions of one confidence, all shown to people, of which the share `right` was."""
    policies.set_policy(
        user=member(project, Role.ENGINEER),
        project=project,
        queue=project.queues.get(name="review"),
        threshold=1,
        audit_share=0.5,
    )
    source = project.sources.get(key="north")
    captures = CaptureFactory.create_batch(count, project=project, source=source, state="predicted")
    predictions = [
        PredictionFactory(
            capture=capture,
            project=project,
            model=model,
            value={"label": "in_stock"},
            scores={"in_stock": confidence, "blocked": 1 - confidence},
            confidence=confidence,
            **fields,
        )
        for capture in captures
    ]
    routing.route(predictions=predictions)
    for number, prediction in enumerate(predictions):
        # Spread evenly, so that each part of the cross-validation sees the same.
        label = "in_stock" if number % 10 < 10 * right else "blocked"
        ResolutionFactory(
            project=project, image=prediction.capture.image, value={"label": label}, by="one_answer"
        )
    assert Task.objects.filter(capture_id__in=[capture.pk for capture in captures]).count() == count
    return predictions


def test_an_overconfident_model_is_calibrated_and_serves_so(project, model):
    verify(project, model, 120)
    lead = member(project, Role.QA_LEAD)
    made = recalibrate(user=lead, model=model)
    assert made.calibration is not None
    assert made.calibration.answers == 120
    assert made.calibration.temperature > 2
    assert made.calibration.metrics["after"]["all"]["ece"] < made.calibration.metrics["before"]["all"]["ece"]
    assert AuditEvent.objects.get(action="model.recalibrated").actor == lead

    fresh = PredictionFactory.build(
        model=model,
        project=project,
        value={"label": "in_stock"},
        scores={"in_stock": 0.95, "blocked": 0.05},
        confidence=0.95,
    )
    adjust(Adjustment(made.calibration), [fresh], [None])
    assert fresh.confidence == pytest.approx(0.7, abs=0.03)
    assert sum(fresh.scores.values()) == pytest.approx(1)
    assert fresh.calibration_id == made.calibration.pk


def test_the_confidence_of_boxes_is_calibrated_one_by_one(model):
    calibration = Calibration(model=model, temperature=2.0)
    boxes = [
        {"id": str(i), "label": "a", "box": [0, 0, 9, 9], "confidence": c} for i, c in enumerate((0.9, 0.5))
    ]
    prediction = PredictionFactory.build(model=model, value={"regions": boxes}, scores={}, confidence=0.5)
    adjust(Adjustment(calibration), [prediction], [None])
    assert [region["confidence"] for region in prediction.value["regions"]] == pytest.approx([0.75, 0.5])


def test_with_too_few_answers_nothing_changes_and_it_says_how_many_are_missing(project, model):
    verify(project, model, 10)
    found = recalibrate(user=None, model=model)
    assert found.calibration is None
    assert "verified 10 " in found.reason
    assert not Calibration.objects.exists()


def test_a_model_that_is_honest_already_stays_as_it_is(project, model):
    verify(project, model, 120, confidence=0.7)
    assert recalibrate(user=None, model=model).calibration is None


def test_answers_from_before_a_calibration_are_brought_to_it(project, model):
    verify(project, model, 12)
    calibration = Calibration.objects.create(model=model, temperature=2.0, answers=100)
    softer = float(rescaled(np.array([[0.95, 0.05]]), 2.0)[0, 0])
    verify(project, model, 1, confidence=softer, calibration_id=calibration.pk)
    policy = project.policies.order_by("-version").first()
    lines = evidence.lines(policy, evidence.START)
    assert [line.item.confidence for line in lines] == pytest.approx([softer] * 13)
    # On the model's own scale they are one and the same.
    assert claimed(model).probabilities[:, 0] == pytest.approx(np.full(13, 0.95))


def test_the_weekly_job_leaves_a_project_without_answers_alone(project, model):
    recalibrating.recalibrate_all()
    assert not Calibration.objects.exists()


def test_the_command_says_what_came_of_it(project, model, capsys):
    verify(project, model, 120)
    call_command("recalibrate", project.slug)
    assert capsys.readouterr().out.startswith("Calibrated on 120 verified answers")


def test_the_api_shows_figures_and_calibrates(project, model):
    verify(project, model, 120)
    lead = client_of(member(project, Role.QA_LEAD), project)
    address = f"/api/v1/models/{model.pk}/calibration/"
    before = lead.get(address).json()
    assert before["in_force"] is None
    assert before["today"]["all"]["accuracy"] == pytest.approx(0.7, abs=0.01)
    assert before["today"]["by_source"]["north"]["count"] == 120
    made = lead.post(address).json()
    assert made["calibration"]["temperature"] > 2
    assert lead.get(address).json()["in_force"]["id"] == made["calibration"]["id"]


def test_annotators_and_strangers_do_not_calibrate(project, model):
    annotator = client_of(member(project, Role.ANNOTATOR), project)
    address = f"/api/v1/models/{model.pk}/calibration/"
    assert annotator.get(address).status_code in (403, 404)
    assert annotator.post(address).status_code in (403, 404)
    other = project_with()
    assert client_of(member(other, Role.QA_LEAD), other).get(address).status_code == 404


def test_a_box_is_right_once_with_its_label_and_half_of_it_there():
    held = [{"label": "a", "box": [0, 0, 10, 10]}, {"label": "b", "box": [20, 0, 30, 10]}]
    proposed = [
        {"label": "a", "box": [0, 0, 10, 9], "confidence": 0.4},
        {"label": "a", "box": [0, 0, 10, 8], "confidence": 0.9},
        {"label": "a", "box": [20, 0, 30, 10], "confidence": 0.8},
        {"label": "b", "box": [24, 0, 34, 10], "confidence": 0.7},
    ]
    assert boxes_right(proposed, held) == [False, True, False, False]
    assert boxes_right(proposed, []) == [False] * 4
    assert boxes_right([], held) == []


def test_the_page_says_whether_the_confidence_can_be_believed_and_calibrates(project, model, client):
    address = f"/p/{project.slug}/models/{model.pk}/"
    client.force_login(member(project, Role.QA_LEAD))
    assert "Nobody has verified a prediction" in client.get(address).content.decode()
    verify(project, model, 120)
    page = client.get(address).content.decode()
    assert "It is surer than it should be: on average 95% sure, it was right 70% of the time." in page
    said = client.post(f"{address}calibrate/", follow=True).content.decode()
    assert "Calibrated on 120 verified answers" in said
    assert "Before it was calibrated" in said
    assert "Its confidence means what it says" in said
    client.force_login(member(project, Role.ANNOTATOR))
    assert client.post(f"{address}calibrate/").status_code == 403
