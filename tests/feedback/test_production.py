"""Precision and recall in production: unbiased by the routing, with intervals that hold."""

import numpy as np
import pytest

from feedback.domain.production import Stratum, estimate
from feedback.models import RoutingDecision
from feedback.queries import production
from feedback.services import policies, routing
from inference.enums import Stage
from people.enums import Role
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import ResolutionFactory, SourceFactory, project_with
from tests.factories.people import client_of, member

LABELS = "abcd"
AUDITED = 0.05


def a_world(draws, count=4000):
    """Sizes, verified and what is true, of a model whose unsure predictions are reviewed and the rest audited."""
    truth = draws.choice(4, count, p=[0.6, 0.25, 0.1, 0.05])
    confidence = draws.beta(8, 1, count)
    said = np.where(draws.random(count) > confidence**0.5, (truth + draws.integers(1, 4, count)) % 4, truth)
    reviewed, audited = confidence < 0.85, draws.random(count) < AUDITED
    sizes, verified = {}, []
    for i in range(count):
        part = int(confidence[i] * 10) if reviewed[i] else 0
        at = Stratum(LABELS[said[i]], not reviewed[i], 1.0 if reviewed[i] else AUDITED, part)
        sizes[at] = sizes.get(at, 0) + 1
        # Who is behind with reviews answered the least sure first, and few of the surer ones.
        if draws.random() < 1.7 - 1.7 * confidence[i] if reviewed[i] else audited[i]:
            verified.append((at, LABELS[truth[i]], bool(said[i] == truth[i])))
    return sizes, verified, said, truth


def test_the_intervals_hold_what_is_true_and_the_routing_does_not_bias_them():
    draws = np.random.default_rng(3)
    runs, held, naive = 60, {"accuracy": 0, "precision": 0, "recall": 0}, []
    for _ in range(runs):
        sizes, verified, said, truth = a_world(draws)
        found = estimate(sizes, verified, LABELS)
        assert (found.predictions, found.unchecked) == (4000, 0)
        accuracy = float((said == truth).mean())
        held["accuracy"] += found.accuracy.low <= accuracy <= found.accuracy.high
        naive.append(np.mean([right for _, _, right in verified]) - accuracy)
        for place, label in enumerate(LABELS):
            figures = found.labels[label]
            precision, recall = (truth[said == place] == place).mean(), (said[truth == place] == place).mean()
            held["precision"] += (figures["precision"].low <= precision <= figures["precision"].high) / 4
            held["recall"] += (figures["recall"].low <= recall <= figures["recall"].high) / 4
    # Who takes the share of right ones among what people happened to verify is far below.
    assert np.mean(naive) < -0.05
    assert all(count / runs > 0.88 for count in held.values()), held


def test_what_was_accepted_without_audits_is_left_out_and_counted():
    sizes = {Stratum("a", True, 0.0): 90, Stratum("a", False, 1.0): 10}
    found = estimate(sizes, [(Stratum("a", False, 1.0), "a", True)] * 5, ["a", "b"])
    assert (found.predictions, found.unchecked, found.verified) == (10, 90, 5)
    assert (found.accuracy.value, found.accuracy.high) == (1, 1)
    assert found.accuracy.low < 0.95
    assert found.labels["b"]["recall"].value is None


def test_nothing_verified_says_nothing():
    found = estimate({Stratum("a", True, 0.1): 7}, [], ["a"])
    assert (found.accuracy.value, found.predictions, found.unchecked) == (None, 0, 7)
    assert estimate({}, [], []).accuracy.value is None


def test_everything_verified_is_known_exactly():
    at = Stratum("", False, 1.0)
    found = estimate({at: 4}, [(at, None, True)] * 3 + [(at, None, False)], ["a"])
    assert (found.accuracy.low, found.accuracy.value, found.accuracy.high) == (0.75, 0.75, 0.75)
    assert found.labels == {}


@pytest.mark.django_db
def test_the_project_is_estimated_from_its_audits_and_reviews():
    project = project_with()
    source = SourceFactory(project=project)
    model = ModelVersionFactory(project=project, stage=Stage.CHAMPION.value, labels=["in_stock", "blocked"])
    engineer = member(project, Role.ENGINEER)
    policies.set_policy(
        user=engineer,
        project=project,
        queue=project.queues.get(name="review"),
        threshold=0.5,
        audit_share=0.5,
    )
    captures = CaptureFactory.create_batch(40, project=project, source=source, state="predicted")
    for capture in captures:
        capture.image.group = str(capture.pk)
        capture.image.save()
    predictions = [
        PredictionFactory(
            capture=capture,
            project=project,
            model=model,
            value={"label": "in_stock"},
            confidence=0.9 if n < 30 else 0.3,
        )
        for n, capture in enumerate(captures)
    ]
    routing.route(predictions=predictions)
    for row in RoutingDecision.objects.exclude(action="accept"):
        image = next(c.image for c in captures if c.pk == row.capture_id)
        label = "in_stock" if row.action == "audit" else "blocked"
        ResolutionFactory(project=project, image=image, value={"label": label}, by="one_answer")
    found = production.production(model)
    # All 30 passed ones stand as right by their audits, all 10 reviewed ones were wrong.
    assert (found.predictions, found.accuracy.value) == (40, 0.75)
    assert found.labels["in_stock"]["precision"].value == 0.75
    assert found.labels["blocked"]["recall"].value in (0, None)
    told = client_of(engineer, project).get(f"/api/v1/projects/{project.slug}/trust/").json()
    assert told["production"]["accuracy"]["value"] == 0.75
    assert told["hour_of_audits"] is None
