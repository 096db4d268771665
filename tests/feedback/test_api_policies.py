"""The API of policies."""

import pytest

from people.enums import Role, Scope
from tests.factories.feedback import RoutingPolicyFactory
from tests.factories.labeling import project_with
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return project_with()


def url(project):
    return f"/api/v1/projects/{project.slug}/policies/"


def engineer_of(project):
    return client_of(member(project, Role.ENGINEER), project)


def test_setting_a_policy_answers_the_whole_object(project):
    client = engineer_of(project)
    body = {"threshold": 0.75, "audit_share": 0.2, "queue": "review"}
    response = client.post(url(project), body, format="json")
    assert response.status_code == 201
    made = response.json()
    assert {name: made[name] for name in body} == body
    assert (made["version"], made["audit_queue"], made["label_rules"]) == (1, "audit", {})
    assert client.get(url(project)).json() == {"results": [made], "next": None, "previous": None}


def test_a_queue_may_be_named_by_its_id(project):
    queue = project.queues.get(name="alerts")
    body = {"threshold": 0.75, "audit_share": 0.2, "queue": str(queue.pk)}
    assert engineer_of(project).post(url(project), body, format="json").json()["queue"] == "alerts"


def test_versions_are_listed_newest_first(project):
    client = engineer_of(project)
    for threshold in (0.5, 0.6):
        client.post(
            url(project), {"threshold": threshold, "audit_share": 0, "queue": "review"}, format="json"
        )
    assert [row["version"] for row in client.get(url(project)).json()["results"]] == [2, 1]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"threshold": 2}, "threshold"),
        ({"threshold": None}, "threshold"),
        ({"threshold": "NaN"}, "threshold"),
        ({"audit_share": "some"}, "audit_share"),
        ({"queue": "nowhere"}, "queue"),
        ({"queue": {"id": 1}}, "queue"),
        ({"label_rules": {"unheard_of": {}}}, "label_rules.unheard_of"),
        ({"label_rules": {"blocked": 3}}, "label_rules.blocked"),
        ({"label_rules": {"blocked": {"queue": []}}}, "label_rules.blocked.queue"),
        ({"label_rules": []}, "label_rules"),
    ],
)
def test_what_is_wrong_is_named(project, changed, field):
    body = {"threshold": 0.75, "audit_share": 0.2, "queue": "review", **changed}
    response = engineer_of(project).post(url(project), body, format="json")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.json()["type"], list(response.json()["errors"])) == ("/problems/invalid", [field])
    assert project.policies.count() == 0


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        (Role.ENGINEER, 200, 201),
        (Role.QA_LEAD, 200, 403),
        (Role.ANNOTATOR, 403, 403),
        (Role.ASSOCIATE, 403, 403),
    ],
)
def test_who_may(project, role, reads, writes):
    client = client_of(member(project, role), project)
    body = {"threshold": 0.75, "audit_share": 0.2, "queue": "review"}
    assert client.get(url(project)).status_code == reads
    assert client.post(url(project), body, format="json").status_code == writes


def test_a_stranger_learns_nothing(project):
    other = project_with()
    client = client_of(member(other, Role.ENGINEER), other)
    assert client.get(url(project)).status_code == 404
    assert client.post(url(project), {}, format="json").status_code == 404


def test_a_token_to_read_cannot_set(project):
    client = client_of(member(project, Role.ENGINEER), project, [Scope.READ])
    assert client.post(url(project), {}, format="json").status_code == 403


def test_the_list_takes_as_many_statements_for_many_rows(project, django_assert_num_queries):
    client = engineer_of(project)
    queue = project.queues.get(name="review")
    RoutingPolicyFactory(project=project, queue=queue)
    with django_assert_num_queries(3):
        client.get(url(project))
    RoutingPolicyFactory.create_batch(20, project=project, queue=queue)
    with django_assert_num_queries(3):
        assert len(client.get(url(project)).json()["results"]) == 21


def test_a_budget_needs_no_threshold_and_may_be_refused_by_name(project):
    client = engineer_of(project)
    body = {"error_budget": 0.02, "audit_share": 0.1, "queue": "review", "slice_by": "context.light"}
    made = client.post(url(project), body, format="json").json()
    assert (made["threshold"], made["error_budget"], made["confidence_level"]) == (0, 0.02, 0.95)
    for changed in (
        {"error_budget": 1.5},
        {"audit_share": 0},
        {"audit_people": 3},
        {"slice_by": "weather"},
        {"novelty_limit": 2},
        {"confidence_level": 1},
    ):
        response = client.post(url(project), body | changed, format="json")
        assert (response.status_code, list(response.json()["errors"])) == (400, list(changed))
    own = {"blocked": {"error_budget": 0}}
    response = client.post(url(project), body | {"label_rules": own}, format="json")
    assert list(response.json()["errors"]) == ["label_rules.blocked.error_budget"]
    own = {"blocked": {"cost": 5}}
    response = client.post(url(project), body | {"label_rules": own}, format="json")
    assert list(response.json()["errors"]) == ["label_rules.blocked.cost"]
    assert project.policies.count() == 1
