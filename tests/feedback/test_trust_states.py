"""The state of trust is kept when it changes, and told to who asked."""

import json

import pytest
from django.test import override_settings

from feedback.enums import PromotionKind
from feedback.models import Certificate, Promotion, TrustChange
from feedback.services import policies, trust_states
from feedback.services.promotion import _tell
from feedback.tasks import recertify
from inference.enums import Stage
from labeling.services.resolving import settle
from people.enums import Role
from people.models import Delivery
from people.services import webhooks
from tests.factories.inference import ModelVersionFactory
from tests.factories.labeling import ImageFactory, project_with
from tests.factories.people import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    project = project_with()
    engineer = member(project, Role.ENGINEER)
    with override_settings(PRIVATE_WEBHOOKS=True):
        webhooks.register(user=engineer, project=project, url="http://localhost:9/")
    return project, engineer


def told():
    return [json.loads(row.body) for row in Delivery.objects.order_by("id")]


def test_a_change_is_kept_and_told_once(place):
    project, engineer = place
    ModelVersionFactory(project=project, stage=Stage.CHAMPION.value)
    review = project.queues.get(name="review")
    policies.set_policy(user=engineer, project=project, queue=review, threshold=0.5, audit_share=0.1)
    assert TrustChange.objects.get().state == "cautious"
    policies.set_policy(user=engineer, project=project, queue=review, error_budget=0.1, audit_share=0.1)
    assert trust_states.note(project=project) is None
    trust_states.note_all()
    states = [
        (row["data"]["before"], row["data"]["state"]) for row in told() if row["event"] == "trust.changed"
    ]
    assert states == [(None, "cautious"), ("cautious", "stop")]
    assert "Not certified yet" in told()[-1]["data"]["reason"]


def test_each_change_that_answers_bring_is_told_by_the_job_of_the_minute(place, monkeypatch):
    # The test's own connection is the only one that sees its rows.
    monkeypatch.setattr("feedback.tasks.close_old_connections", lambda: None)
    project, engineer = place
    model = ModelVersionFactory(project=project, stage=Stage.CHAMPION.value)
    review = project.queues.get(name="review")
    policies.set_policy(user=engineer, project=project, queue=review, error_budget=0.1, audit_share=0.1)
    policy = project.policies.get()
    for state, reason in (
        ("ok", "Proved."),
        ("ok", "Proved again."),
        ("stop", "Harm."),
        ("ok", "Proved anew."),
    ):
        Certificate.objects.create(
            project=project,
            policy=policy,
            model=model,
            state=state,
            threshold=0.9,
            answers=100,
            reason=reason,
        )
        recertify(timestamp=0)
    changes = [
        (row["data"]["before"], row["data"]["state"], row["data"]["reason"])
        for row in told()
        if row["event"] == "trust.changed"
    ][1:]
    assert changes == [("stop", "ok", "Proved."), ("ok", "stop", "Harm."), ("stop", "ok", "Proved anew.")]


def test_a_promotion_and_resolved_images_are_told(place):
    project, engineer = place
    model = ModelVersionFactory(project=project, stage=Stage.CHAMPION.value)
    promotion = Promotion.objects.create(
        project=project, challenger=model, kind=PromotionKind.PROMOTED, by=engineer
    )
    _tell(engineer, "model.promoted", promotion)
    image = ImageFactory(project=project)
    settle(image=image, value={"label": "blocked"}, by="imported")
    by_event = {row["event"]: row["data"] for row in told()}
    assert by_event["model.promoted"]["number"] == model.number
    assert by_event["images.resolved"]["images"] == [
        {"image": str(image.pk), "value": {"label": "blocked"}, "by": "imported"}
    ]
