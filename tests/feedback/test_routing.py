"""Routing: one decision a prediction, tasks where they belong, audits drawn once and for all."""

from collections import Counter
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback.models import RoutingDecision
from feedback.services import policies, routing
from inference.enums import Action
from inference.models import Prediction
from inference.signals import captures_predicted
from labeling.models import Source, Task
from people.enums import Role
from tests.factories.feedback import RoutingPolicyFactory
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import SourceFactory, project_with
from tests.factories.people import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = project_with()
    SourceFactory(project=project, key="north")
    return project


def put_in_force(project, **fields):
    queues = {queue.name: queue for queue in project.queues.all()}
    return RoutingPolicyFactory(
        project=project, **{"queue": queues["review"], "audit_queue": queues["audit"], **fields}
    )


def predicted(project, *confidences, label="in_stock", **fields):
    """Predictions of those confidences, as they come with the signal."""
    model = project.models.first() or ModelVersionFactory(project=project)
    source = Source.objects.get(project=project, key="north")
    return [
        PredictionFactory(
            capture=CaptureFactory(project=project, source=source, state="predicted"),
            project=project,
            model=model,
            value={"label": label},
            confidence=confidence,
            **fields,
        )
        for confidence in confidences
    ]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    confidences=st.lists(st.floats(0, 1), min_size=1, max_size=8),
    threshold=st.floats(0, 1),
    audit_share=st.floats(0, 1),
)
def test_every_prediction_gets_exactly_one_decision(project, confidences, threshold, audit_share):
    put_in_force(project, threshold=threshold, audit_share=audit_share)
    predictions = predicted(project, *confidences)
    captures_predicted.send(sender=Prediction, predictions=predictions)
    for prediction in predictions:
        decision = RoutingDecision.objects.get(capture_id=prediction.capture_id)
        assert decision.prediction_id == prediction.pk
        assert (decision.action == Action.REVIEW) == (prediction.confidence < threshold or threshold == 1)
        asked = Task.objects.filter(capture_id=prediction.capture_id).values_list("queue__name", flat=True)
        where = {Action.ACCEPT: [], Action.REVIEW: ["review"], Action.AUDIT: ["audit"]}
        assert list(asked) == where[Action(decision.action)]
        expected = 1 if decision.action == Action.REVIEW else audit_share
        assert decision.inclusion_probability == expected


def test_a_replay_changes_nothing_even_under_a_new_policy(project):
    put_in_force(project, threshold=0.5, audit_share=0.5)
    predictions = predicted(project, *[0.1, 0.3] * 5, *[0.9] * 20)
    made = routing.route(predictions=predictions)
    assert len(made) == 30
    before = sorted(RoutingDecision.objects.values_list("capture_id", "action", "policy__version"))
    tasks = Task.objects.count()
    put_in_force(project, threshold=1, audit_share=1)
    assert routing.route(predictions=predictions) == []
    assert sorted(RoutingDecision.objects.values_list("capture_id", "action", "policy__version")) == before
    assert Task.objects.count() == tasks


def test_the_draw_is_sticky_for_a_capture_and_its_policy(project):
    policy = put_in_force(project, threshold=0.5, audit_share=0.5)
    predictions = predicted(project, *[0.9] * 20)
    before = {row.capture_id: row.action for row in routing.route(predictions=predictions)}
    RoutingDecision.objects.all().delete()
    again = {row.capture_id: row.action for row in routing.route(predictions=predictions)}
    assert again == before
    assert {row.policy_id for row in RoutingDecision.objects.all()} == {policy.pk}


def test_the_audit_share_is_honoured_within_binomial_bounds(project):
    policy = put_in_force(project, threshold=0.5, audit_share=0.2, draw_key="key")
    (prediction,) = predicted(project, 0.9)
    draws = []
    for number in range(5000):
        # The draws go by the key and the capture's id: in every run the same.
        prediction.capture = CaptureFactory.build(
            id=UUID(int=number), project=project, source=None, image=None
        )
        draws.append(routing.decision_about(policy, prediction)[0].action)
    audited = Counter(draws)[Action.AUDIT]
    # 1000 expected, standard deviation 28: five of them.
    assert abs(audited - 1000) < 5 * 28.3
    assert Counter(draws)[Action.REVIEW] == 0


def test_a_review_shows_the_proposal_and_an_audit_is_blind(project):
    put_in_force(project, threshold=0.8, audit_share=1)
    unsure, sure = predicted(project, 0.4, 0.95)
    routing.route(predictions=[unsure, sure])
    review = Task.objects.get(capture_id=unsure.capture_id)
    assert review.proposal == {
        "label": "in_stock",
        "confidence": 0.4,
        "scores": unsure.scores,
        "model": str(unsure.model),
        "model_id": str(unsure.model_id),
    }
    audit = Task.objects.get(capture_id=sure.capture_id)
    assert (audit.queue.blind, audit.proposal) == (True, None)
    decision = RoutingDecision.objects.get(capture_id=sure.capture_id)
    assert [condition["name"] for condition in decision.conditions] == [
        "confidence_at_least_threshold",
        "draw_below_audit_share",
    ]


def test_the_less_sure_comes_first(project):
    put_in_force(project, threshold=1, audit_share=0)
    routing.route(predictions=predicted(project, 0.9, 0.2, 0.55))
    ordered = Task.objects.order_by("-priority").values_list("proposal__confidence", flat=True)
    assert list(ordered) == [0.2, 0.55, 0.9]


def test_a_threshold_of_one_asks_about_what_is_entirely_sure_too(project):
    put_in_force(project, threshold=1, audit_share=0)
    (decision,) = routing.route(predictions=predicted(project, 1.0))
    assert decision.action == Action.REVIEW


def test_a_label_may_have_a_threshold_and_a_queue_of_its_own(project):
    policies.set_policy(
        user=member(project, Role.ENGINEER),
        project=project,
        threshold=0.5,
        audit_share=0,
        queue=project.queues.get(name="review"),
        label_rules={"out_of_stock": {"threshold": 1.0, "queue": "alerts"}},
    )
    alert = predicted(project, 0.99, label="out_of_stock")
    other = predicted(project, 0.99, 0.3, label="low_stock")
    routing.route(predictions=[*alert, *other])
    site = Source.objects.get(project=project, key="north").site_id
    assert list(Task.objects.values_list("queue__name", "site_id").order_by("queue__name")) == [
        ("alerts", site),
        ("review", 0),
    ]


def test_pictures_of_one_minute_of_a_camera_are_one_burst(project):
    put_in_force(project)
    one, other = predicted(project, 0.9, 0.9)
    other.capture.captured_at = one.capture.captured_at
    first, second = routing.route(predictions=[one, other])
    assert first.burst == second.burst != ""


def test_a_project_without_a_policy_is_routed_all_the_same(project):
    (decision,) = routing.route(predictions=predicted(project, 0.5))
    assert (decision.policy.version, decision.action) == (1, Action.REVIEW)


def test_a_batch_of_two_projects_is_routed_by_each_one_s_policy(project):
    other = project_with()
    SourceFactory(project=other, key="north")
    put_in_force(project, threshold=0.9)
    put_in_force(other, threshold=0.1, audit_share=0)
    routing.route(predictions=[*predicted(project, 0.5), *predicted(other, 0.5)])
    actions = dict(RoutingDecision.objects.values_list("project_id", "action"))
    assert actions == {project.pk: "review", other.pk: "accept"}


def test_statements_do_not_grow_with_the_batch(project):
    put_in_force(project, threshold=0.8, audit_share=1)
    counts = []
    for size in (1, 20):
        predictions = predicted(project, *[0.5, 0.9] * size)
        with CaptureQueriesContext(connection) as statements:
            routing.route(predictions=predictions)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 30


def test_an_audit_asks_two_people_where_the_policy_says_so(project):
    put_in_force(project, threshold=0.8, audit_share=1, audit_people=2)
    unsure, sure = predicted(project, 0.4, 0.95)
    routing.route(predictions=[unsure, sure])
    assert Task.objects.get(capture_id=sure.capture_id).slots.count() == 2
    assert Task.objects.get(capture_id=unsure.capture_id).slots.count() == 1
