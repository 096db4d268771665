"""What the model said of images, as proposals and as something to choose them by."""

import random

import pytest

from inference.models import Embedding
from inference.queries.proposals import latest_proposals
from labeling.models import Task
from labeling.services import leases, rounds
from tests.factories.gold import known
from tests.factories.inference import ModelVersionFactory, PredictionFactory
from tests.factories.labeling import ImageFactory, open_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def predicted(shop):
    """`predicted(label, confidence, vector=None, model=None)`: an image the model said that of."""
    shop.model = ModelVersionFactory(project=shop.project)

    def make(label, confidence, vector=None, model=None, image=None):
        image = image or ImageFactory(project=shop.project)
        prediction = PredictionFactory(
            capture__project=shop.project,
            capture__image=image,
            capture__source=shop.camera,
            model=model or shop.model,
            value={"label": label},
            confidence=confidence,
        )
        if vector:
            Embedding.objects.create(prediction=prediction, vector=vector)
        return image

    return make


def asked(shop, name, filters, **terms):
    one = rounds.make_round(
        user=shop.qa_lead, project=shop.project, name=name, title=name, filters=filters, **terms
    )
    return list(Task.objects.filter(queue=one.queue).order_by("id"))


def images_of(tasks):
    return {task.image_id for task in tasks}


def test_images_are_chosen_by_one_prediction_that_passes_all(shop, predicted):
    unsure, sure = predicted("blocked", 0.4), predicted("blocked", 0.9)
    other = predicted("in_stock", 0.4)
    predicted("in_stock", 0.4, image=sure)
    ImageFactory(project=shop.project)
    found = asked(shop, "a", {"predicted": "blocked", "confidence_max": 0.5})
    assert images_of(found) == {unsure.pk}
    assert images_of(asked(shop, "b", {"confidence_min": "0.3"})) == {unsure.pk, sure.pk, other.pk}


def test_the_nearest_by_embedding_are_chosen_among_those_of_one_model(shop, predicted):
    wanted = predicted("blocked", 0.5, [1.0, 0.0, 0.0])
    near, nearer = predicted("blocked", 0.5, [0.6, 0.4, 0.0]), predicted("blocked", 0.5, [0.9, 0.1, 0.0])
    predicted("blocked", 0.5, [0.0, 1.0, 0.0])
    other = ModelVersionFactory(project=shop.project, content=b"other")
    predicted("blocked", 0.5, [1.0, 0.0], model=other)
    like = {"similar_to": str(wanted.pk)}
    assert images_of(asked(shop, "a", {**like, "limit": 2})) == {wanted.pk, nearer.pk}
    assert images_of(asked(shop, "b", {**like, "limit": 3})) == {wanted.pk, nearer.pk, near.pk}


def test_a_round_with_proposals_shows_what_the_model_said_last(shop, predicted):
    image = predicted("blocked", 0.4)
    predicted("in_stock", 0.7, image=image)
    ImageFactory(project=shop.project)
    tasks = {task.image_id: task for task in asked(shop, "a", {}, with_proposals=True)}
    shown = tasks.pop(image.pk)
    assert (shown.proposal["label"], shown.proposal["confidence"]) == ("in_stock", 0.7)
    assert shown.capture_id == latest_proposals([image])[image.pk].capture_id
    assert [(task.proposal, task.capture_id) for task in tasks.values()] == [(None, None)]


def test_a_known_answer_is_served_with_a_proposal_about_as_sure_as_its_neighbours(shop, predicted):
    queue = shop.queue("review")
    queue.gold_share = 1
    queue.save()
    fits, too_sure, _ = known(shop, 3)
    predicted("blocked", 0.55, image=fits.image)
    predicted("blocked", 0.99, image=too_sure.image)
    for confidence in (0.5, 0.6):
        proposal = {"label": "blocked", "confidence": confidence, "scores": {}, "model": "net 1"}
        open_task(queue, proposal=proposal, capture_id=shop.project.pk)
    random.seed(1)
    served = [task for task, _ in leases.claim(user=shop.annotator, queue=queue, count=3)]
    gold = [task for task in served if task.gold_id]
    assert [task.gold for task in gold] == [fits]
    assert gold[0].proposal["confidence"] == 0.55
    assert gold[0].capture_id is not None
    assert len(served) == 3
