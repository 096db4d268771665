"""Trust: earned by verified answers, used by the router, taken back with an alarm."""

import pytest
from django.utils import timezone

from feedback.domain.harm import ALARM
from feedback.enums import TrustState
from feedback.models import Certificate, Ledger, RoutingDecision
from feedback.queries import evidence
from feedback.queries.trust import trust
from feedback.services import certifying, policies, routing
from inference.enums import Action, Stage
from labeling.models import Task
from people.enums import Role
from people.models import Alarm
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import ResolutionFactory, SourceFactory, project_with
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = project_with()
    SourceFactory(project=project, key="north")
    ModelVersionFactory(project=project, stage=Stage.CHAMPION.value)
    return project


def promise(project, **changed):
    terms = {"error_budget": 0.1, "confidence_level": 0.9, "audit_share": 0.5, **changed}
    return policies.set_policy(
        user=member(project, Role.ENGINEER), project=project, queue=project.queues.get(name="review"), **terms
    )


def predicted(project, count, *, confidence=0.95, source=None, **fields):
    source = source or project.sources.get(key="north")
    model = project.models.get(stage=Stage.CHAMPION.value)
    captures = CaptureFactory.create_batch(count, project=project, source=source, state="predicted")
    for n, capture in enumerate(captures):
        # A burst each, or they would count once.
        capture.image.group = f"{source.key} {capture.pk} {n}"
        capture.image.save()
    return [
        PredictionFactory(
            capture=capture,
            project=project,
            model=model,
            value={"label": "in_stock"},
            confidence=confidence,
            **fields,
        )
        for capture in captures
    ]


def answered(project, predictions, *, wrong=False):
    """Route them, and have people resolve what they were shown."""
    routing.route(predictions=predictions)
    for prediction in predictions:
        if Task.objects.filter(capture_id=prediction.capture_id).exists():
            label = "blocked" if wrong else "in_stock"
            ResolutionFactory(
                project=project, image=prediction.capture.image, value={"label": label}, by="one_answer"
            )


def lines(project, slice_by=""):
    policy = project.policies.order_by("-version").first()
    policy.slice_by = slice_by
    return list(evidence.lines(policy, evidence.START))


def actions(predictions):
    made = routing.route(predictions=predictions)
    return {row.action for row in made}


def test_a_model_begins_with_everything_to_people_and_earns_its_threshold(project):
    promise(project)
    assert trust(project)["state"] == TrustState.STOP
    answered(project, predicted(project, 45))
    assert set(RoutingDecision.objects.values_list("action", flat=True)) == {Action.REVIEW.value}
    (made,) = certifying.recertify(project=project)
    assert (made.state, made.threshold) == (TrustState.OK, 0.95)
    assert 0 < made.bound <= 0.1
    later = predicted(project, 30)
    assert actions(later) == {Action.ACCEPT.value, Action.AUDIT.value}
    assert {row.certificate_id for row in RoutingDecision.objects.order_by("-id")[:30]} == {made.pk}
    assert actions(predicted(project, 1, confidence=0.9)) == {Action.REVIEW.value}
    assert trust(project)["state"] == TrustState.OK


def test_nothing_is_certified_again_without_new_answers(project):
    promise(project)
    answered(project, predicted(project, 45))
    assert len(certifying.recertify(project=project)) == 1
    assert certifying.recertify(project=project) == []


def test_trust_is_taken_back_with_an_alarm_that_settles_itself(project):
    promise(project, audit_share=1)
    answered(project, predicted(project, 45))
    certifying.recertify(project=project)
    answered(project, predicted(project, 5), wrong=True)
    (made,) = certifying.recertify(project=project)
    assert (made.state, made.threshold) == (TrustState.STOP, None)
    answered(project, predicted(project, 3))
    assert {row.action for row in RoutingDecision.objects.order_by("-id")[:3]} == {Action.REVIEW.value}
    alarm = Alarm.objects.get(project=project, kind="error_budget", settled_at=None)
    assert "People decide again" in alarm.words
    # What was decided before the alarm proves nothing any more.
    answered(project, predicted(project, 80))
    certifying.recertify(project=project)
    alarm.refresh_from_db()
    assert alarm.settled_at is not None


def test_a_new_policy_uses_what_was_verified_under_the_last(project):
    promise(project)
    answered(project, predicted(project, 60))
    policy = promise(project, error_budget=0.08)
    assert Certificate.objects.get(policy=policy).state == TrustState.OK


def test_a_new_model_begins_anew(project):
    promise(project)
    answered(project, predicted(project, 45))
    certifying.recertify(project=project)
    project.models.update(stage=Stage.RETIRED.value)
    ModelVersionFactory(project=project, stage=Stage.CHAMPION.value)
    assert actions(predicted(project, 3)) == {Action.REVIEW.value}
    assert trust(project)["state"] == TrustState.STOP


def test_a_slice_without_evidence_goes_to_people(project):
    south = SourceFactory(project=project, key="south")
    promise(project, slice_by="source")
    answered(project, predicted(project, 45))
    (made,) = certifying.recertify(project=project)
    assert made.slice == "north"
    assert Action.REVIEW.value not in actions(predicted(project, 5))
    assert actions(predicted(project, 5, source=south)) == {Action.REVIEW.value}


def test_a_label_s_own_budget_is_earned_apart(project):
    promise(project, label_rules={"in_stock": {"error_budget": 0.01}})
    answered(project, predicted(project, 45))
    (made,) = certifying.recertify(project=project)
    assert (made.label, made.state) == ("in_stock", TrustState.STOP)


def test_what_is_strange_or_not_known_to_be_familiar_goes_to_people(project):
    promise(project, novelty_limit=0.9)
    answered(project, predicted(project, 45))
    certifying.recertify(project=project)
    assert actions(predicted(project, 3, novelty=0.95)) == {Action.REVIEW.value}
    assert actions(predicted(project, 3)) == {Action.REVIEW.value}
    assert Action.REVIEW.value not in actions(predicted(project, 3, novelty=0.5))
    decision = RoutingDecision.objects.order_by("-id").first()
    assert [each["name"] for each in decision.conditions][:3] == [
        "confidence_at_least_threshold",
        "error_bound_within_budget",
        "novelty_at_most_limit",
    ]


def test_only_what_the_router_chose_to_show_is_evidence(project):
    promise(project)
    shown, imported, looked_at = predicted(project, 3)
    answered(project, [shown])
    routing.route(predictions=[imported])
    ResolutionFactory(
        project=project, image=imported.capture.image, value={"label": "blocked"}, by="imported"
    )
    routing.route(predictions=[looked_at])
    RoutingDecision.objects.filter(capture_id=looked_at.capture_id).update(action="accept", awaited=False)
    ResolutionFactory(
        project=project, image=looked_at.capture.image, value={"label": "blocked"}, by="one_answer"
    )
    waiting, over = [line.item.wrong for line in lines(project)], imported.capture_id
    assert waiting == [False, None]
    Task.objects.filter(capture_id=over).update(state="withdrawn", closed_at=timezone.now())
    assert [line.item.wrong for line in lines(project)] == [False]


def test_pictures_of_one_burst_count_once(project):
    promise(project)
    burst = predicted(project, 5)
    for prediction in burst:
        prediction.capture.image.group = "one"
        prediction.capture.image.save()
    answered(project, burst)
    assert len(lines(project)) == 5
    certifying.recertify(project=project)
    assert Ledger.objects.get().taken == 1


def test_the_api_says_how_far_the_model_is_trusted(project):
    promise(project)
    answered(project, predicted(project, 45))
    certifying.recertify(project=project)
    url = f"/api/v1/projects/{project.slug}/trust/"
    said = client_of(member(project, Role.QA_LEAD), project).get(url).json()
    assert (said["state"], said["budget"], said["threshold"], said["answers"]) == ("ok", 0.1, 0.95, 44)
    assert client_of(member(project, Role.ANNOTATOR), project).get(url).status_code == 403


def test_audits_that_find_errors_take_trust_back_though_the_rest_is_good(project):
    promise(project, audit_share=1)
    answered(project, predicted(project, 150))
    certifying.recertify(project=project)
    answered(project, predicted(project, 12), wrong=True)
    (made,) = certifying.recertify(project=project)
    # 12 of 162 are within the budget of a tenth; 12 in a row are not what a tenth looks like.
    assert (made.state, made.threshold) == (TrustState.STOP, None)
    assert made.evidence >= ALARM
    assert made.reason.startswith("Audits found the budget of 10.00% broken")


def test_the_page_sets_a_budget_and_says_how_far_the_model_is_trusted(project, client):
    client.force_login(member(project, Role.ENGINEER))
    url = f"/p/{project.slug}/routing/"
    form = {
        "threshold": "0",
        "audit_share": "10",
        "queue": "review",
        "error_budget": "10",
        "confidence_level": "90",
    }
    assert client.post(url, form).status_code == 302
    policy = project.policies.get()
    assert (policy.error_budget, policy.confidence_level) == (0.1, 0.9)
    assert "The model is not trusted" in client.get(url).content.decode()
    answered(project, predicted(project, 45))
    certifying.recertify(project=project)
    assert "The model keeps its budget" in client.get(url).content.decode()
    refused = client.post(url, form | {"error_budget": "200"})
    assert (refused.status_code, "percentage" in refused.content.decode()) == (400, True)
