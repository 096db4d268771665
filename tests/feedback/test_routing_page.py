"""The routing page: every term of a policy, tried before it is put in force."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from feedback.models import RoutingDecision
from feedback.queries.routed import routed
from feedback.services import policies, routing
from inference.enums import Stage
from people.enums import Role
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import ResolutionFactory, SourceFactory, project_with
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db

FORM = {
    "error_budget": "10",
    "confidence_level": "90",
    "audit_share": "50",
    "threshold": "0",
    "queue": "review",
    "audit_people": "2",
    "novelty_limit": "99",
    "slice_by": "context",
    "slice_key": "light",
    "budget.out_of_stock": "2,5",
    "floor.blocked": "100",
    "queue.blocked": "alerts",
}


@pytest.fixture
def project():
    return project_with()


@pytest.fixture
def engineer(project):
    return member(project, Role.ENGINEER)


@pytest.fixture
def page(project, engineer, client):
    client.force_login(engineer)
    return f"/p/{project.slug}/routing/"


def a_past(project, engineer, count=60, error_every=20):
    """Predictions under a policy that audits half of what it accepts, all of which people verified."""
    policies.set_policy(
        user=engineer,
        project=project,
        queue=project.queues.get(name="review"),
        threshold=0.5,
        audit_share=0.5,
    )
    model = ModelVersionFactory(project=project, stage=Stage.CHAMPION.value, labels=["in_stock", "blocked"])
    captures = CaptureFactory.create_batch(
        count, project=project, source=SourceFactory(project=project), state="predicted"
    )
    for n, capture in enumerate(captures):
        capture.image.group = f"{n}"
        capture.image.save()
    predictions = [
        PredictionFactory(
            capture=capture,
            project=project,
            model=model,
            value={"label": "in_stock"},
            confidence=0.9 if n % 3 else 0.4,
        )
        for n, capture in enumerate(captures)
    ]
    asked = {row.capture_id for row in routing.route(predictions=predictions) if row.action != "accept"}
    for n, capture in enumerate(captures):
        if capture.pk in asked:
            label = "blocked" if n % error_every == 0 else "in_stock"
            ResolutionFactory(project=project, image=capture.image, value={"label": label}, by="one_answer")


def test_every_term_is_set_on_the_page_and_shown_again(project, page, client):
    assert client.post(page, FORM).status_code == 302
    policy = project.policies.get()
    assert (policy.error_budget, policy.confidence_level, policy.audit_share) == (0.1, 0.9, 0.5)
    assert (policy.audit_people, policy.novelty_limit, policy.slice_by) == (2, 0.99, "context.light")
    assert policy.label_rules == {
        "out_of_stock": {"error_budget": 0.025},
        "blocked": {"threshold": 1.0, "queue": "alerts"},
    }
    shown = client.get(page).content.decode()
    for value in (
        'name="budget.out_of_stock" inputmode="decimal" value="2.5"',
        'value="light"',
        'value="99"',
    ):
        assert value in shown
    # What is not asked for stays as it is.
    assert client.post(page, {"error_budget": "", "budget.out_of_stock": ""}).status_code == 302
    newest = project.policies.order_by("-version").first()
    assert (newest.error_budget, newest.slice_by) == (None, "context.light")
    assert newest.label_rules == {"blocked": {"threshold": 1.0, "queue": "alerts"}}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"error_budget": "200"}, "percentage"),
        ({"error_budget": "0"}, "Must be above 0 and below 1"),
        ({"audit_share": "0"}, "without audits nothing can be promised"),
        ({"confidence_level": "100"}, "Must be above 0 and below 1"),
        ({"audit_people": "3"}, "Must be 1 or 2"),
        ({"slice_key": ""}, "Name the key"),
        ({"slice_by": "weather"}, "Must be empty"),
        ({"novelty_limit": "x"}, "percentage"),
        ({"novelty_limit": "0"}, "Must be above 0 and at most 100"),
        ({"queue": "nowhere"}, "Choose one"),
        ({"budget.out_of_stock": "x"}, "percentage"),
        ({"budget.out_of_stock": "0"}, "Must be above 0 and below 100"),
        ({"queue.blocked": "nowhere"}, "Must name a queue"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(project, page, client, changed, words):
    for extra in ({}, {"do": "dry-run"}):
        response = client.post(page, FORM | changed | extra)
        (name,) = changed
        field = response.content.decode().split(f'name="{name}"')[1][:900]
        assert response.status_code == 400
        assert 'aria-invalid="true"' in field
        assert words in field
    assert not project.policies.exists()


def test_a_policy_is_tried_on_the_past_before_it_is_set(project, engineer, page, client):
    a_past(project, engineer)
    sent = {"threshold": "30", "audit_share": "50", "do": "dry-run", "days": "7"}
    response = client.post(page, sent, headers={"HX-Request": "true"})
    shown = response.content.decode()
    assert (response.status_code, "<html" in shown) == (200, False)
    # All 20 reviews went; one in 20 of the reviewed was wrong.
    assert "With this policy: 100% fewer reviews, 1 more errors." in shown
    assert "Asks a person below" in shown
    assert project.policies.count() == 1
    wrong = client.post(page, sent | {"threshold": "300"}, headers={"HX-Request": "true"})
    assert (wrong.status_code, "percentage" in wrong.content.decode()) == (200, True)


def test_the_api_tries_one_too(project, engineer):
    client, url = client_of(engineer, project), f"/api/v1/projects/{project.slug}/policies/dry-run/"
    body = {"audit_share": 0.2, "queue": "review", "error_budget": 0.1}
    nothing = client.post(url, body, format="json").json()
    assert (nothing["found"], nothing["nothing_known"]) == (None, "No model has predicted anything here yet.")
    a_past(project, engineer)
    told = client.post(url, body | {"days": 7}, format="json").json()
    found = told["found"]
    assert (found["predictions"], found["reviewed_then"]) == (60, 20)
    assert found["reviewed"]["low"] <= found["reviewed"]["mean"] <= found["reviewed"]["high"]
    assert {"term": "error_budget", "now": None, "then": 0.1} in told["changes"]
    assert project.policies.count() == 1
    for changed, field in (
        ({"days": 0}, "days"),
        ({"audit_share": 0}, "audit_share"),
        ({"queue": "x"}, "queue"),
    ):
        refused = client.post(url, body | changed, format="json")
        assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
    assert client_of(member(project, Role.QA_LEAD), project).post(url, body, format="json").status_code == 403
    assert (
        client_of(member(project, Role.ANNOTATOR), project).post(url, body, format="json").status_code == 403
    )


def test_the_page_says_how_good_the_model_is(project, engineer, page, client):
    a_past(project, engineer)
    shown = client.get(page).content.decode()
    assert "is right in" in shown
    assert "What would change" not in shown
    assert "Precision" in shown


def test_the_shares_are_drawn_over_time(project, engineer, page, client):
    a_past(project, engineer)
    rows = list(RoutingDecision.objects.order_by("id"))
    for n, row in enumerate(rows):
        row.created_at = timezone.now() - timedelta(minutes=60 - n)
    RoutingDecision.objects.bulk_update(rows, ["created_at"])
    found = routed(project)
    assert 2 <= len(found) <= 50
    assert (sum(row.routed for row in found), sum(row.reviewed for row in found)) == (60, 20)
    assert all(a.at < b.at for a, b in pairwise(found))
    assert "Shares accepted, reviewed and audited over time" in client.get(page).content.decode()
