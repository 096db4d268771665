"""Policies: versions, the first one made by itself, and what is refused."""

import pytest
from django.core.exceptions import PermissionDenied

from feedback.models import RoutingPolicy
from feedback.queries import policies as queries
from feedback.services import policies
from labeling.services.projects import create_project
from people.enums import Role, TaskType
from people.models import AuditEvent
from tests.factories.labeling import QueueFactory, project_with
from tests.factories.people import ProjectFactory, UserFactory, member

pytestmark = pytest.mark.django_db


def setting(project, **changed):
    review = project.queues.get(name="review")
    return {"project": project, "threshold": 0.7, "audit_share": 0.2, "queue": review, **changed}


def test_each_policy_is_a_new_version_and_the_newest_is_in_force():
    project = project_with()
    engineer = member(project, Role.ENGINEER)
    first = policies.set_policy(user=engineer, **setting(project))
    second = policies.set_policy(user=engineer, **setting(project, threshold=0.9))
    assert (first.version, second.version) == (1, 2)
    assert queries.in_force(project) == second
    assert second.audit_queue.name == "audit"
    events = AuditEvent.objects.filter(action="policy.set").values_list("actor", "detail__version")
    assert list(events.order_by("id")) == [(engineer.pk, 1), (engineer.pk, 2)]


def test_a_new_project_has_a_cautious_policy_at_once():
    project = create_project(
        user=UserFactory(is_superuser=True),
        slug="shelf",
        name="Shelf",
        task_type=TaskType.CLASSIFICATION,
        labels=[{"key": "full", "name": "Full"}, {"key": "empty", "name": "Empty"}],
    )
    policy = queries.in_force(project)
    assert (policy.version, policy.queue.name, policy.audit_queue.name) == (1, "review", "audit")


def test_a_project_without_a_queue_gets_what_its_first_policy_needs():
    policy = policies.in_force(project=ProjectFactory())
    assert (policy.queue.blind, policy.audit_queue.blind) == (False, True)
    assert policies.in_force(project=policy.project) == policy


@pytest.mark.parametrize("role", [Role.QA_LEAD, Role.ANNOTATOR, Role.ASSOCIATE])
def test_only_engineers_set_the_routing(role):
    project = project_with()
    with pytest.raises(PermissionDenied, match="engineer"):
        policies.set_policy(user=member(project, role), **setting(project))
    assert not RoutingPolicy.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"threshold": 1.2}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"threshold": True}, "threshold"),
        ({"audit_share": -0.1}, "audit_share"),
        ({"label_rules": {"unheard_of": {}}}, "label_rules.unheard_of"),
        ({"label_rules": {"low_stock": {"queue": "nowhere"}}}, "label_rules.low_stock.queue"),
        ({"label_rules": {"low_stock": {"queue": ["review"]}}}, "label_rules.low_stock.queue"),
        ({"label_rules": {"low_stock": {"threshold": "high"}}}, "label_rules.low_stock.threshold"),
        ({"label_rules": {"low_stock": {"colour": "red"}}}, "label_rules.low_stock.colour"),
    ],
)
def test_what_means_nothing_is_refused_by_name(changed, field):
    project = project_with()
    with pytest.raises(policies.PolicyRefused) as refused:
        policies.set_policy(user=member(project, Role.ENGINEER), **setting(project, **changed))
    assert list(refused.value.errors) == [field]


def test_a_queue_of_another_project_is_refused():
    project = project_with()
    with pytest.raises(policies.PolicyRefused) as refused:
        policies.set_policy(user=member(project, Role.ENGINEER), **setting(project, queue=QueueFactory()))
    assert list(refused.value.errors) == ["queue"]
