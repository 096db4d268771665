"""Figures by condition: counts, means, and accuracy where people checked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.queries.overview import by_condition
from labeling.enums import ResolvedBy
from tests.factories.feedback import RoutingDecisionFactory, RoutingPolicyFactory
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import ResolutionFactory, project_with
from tests.factories.people import ProjectFactory

pytestmark = pytest.mark.django_db


def decided(policy, model, context, confidence, action, truth=None, by=ResolvedBy.ONE_ANSWER):
    project = policy.project
    capture = CaptureFactory(project=project, context=context, state="predicted")
    prediction = PredictionFactory(capture=capture, project=project, model=model, confidence=confidence)
    RoutingDecisionFactory(prediction=prediction, policy=policy, action=action)
    if truth:
        ResolutionFactory(image=capture.image, value={"label": truth}, by=by)


def test_conditions_are_told_apart():
    policy = RoutingPolicyFactory(queue=project_with().queues.get(name="review"))
    model = ModelVersionFactory(project=policy.project)
    for truth in ("red", "blue", None):
        decided(policy, model, {"light": "glare"}, 0.4, "review", truth)
    decided(policy, model, {"light": "day"}, 0.9, "accept", "red", by=ResolvedBy.IMPORTED)
    decided(policy, model, {"light": "day"}, 0.8, "audit", "red")
    decided(policy, model, {}, 0.8, "accept")
    since = timezone.now() - timedelta(hours=1)
    glare, day = by_condition(policy.project, "light", since)
    assert (glare.value, glare.predictions, glare.checked, glare.right, glare.accuracy) == (
        "glare",
        3,
        2,
        1,
        0.5,
    )
    assert (glare.confidence, glare.review_share) == (pytest.approx(0.4), 1.0)
    assert (day.value, day.predictions, day.checked, day.right, day.review_share) == ("day", 2, 1, 1, 0.0)
    assert by_condition(policy.project, "season", since) == []
    assert by_condition(policy.project, "light", timezone.now() + timedelta(hours=2)) == []
    assert by_condition(ProjectFactory(), "light", since) == []


def test_a_condition_nobody_checked_has_no_accuracy():
    policy = RoutingPolicyFactory(queue=project_with().queues.get(name="review"))
    decided(policy, ModelVersionFactory(project=policy.project), {"light": "day"}, 0.9, "accept")
    (day,) = by_condition(policy.project, "light", timezone.now() - timedelta(hours=1))
    assert day.accuracy is None
