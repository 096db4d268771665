"""Policies, examples, datasets and promotions for tests."""

import factory
from django.utils import timezone

from feedback.enums import DatasetState
from feedback.models import DatasetVersion, Example, RoutingDecision, RoutingPolicy
from inference.domain.outcomes import gather, tally
from inference.enums import Stage
from inference.models import Evaluation
from inference.services.measuring import keep
from labeling.enums import ResolvedBy
from labeling.services import images
from labeling.services.resolving import settle
from tests.factories.inference import COLOURS, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import QueueFactory, ResolutionFactory, picture, project_with

TEST_HASH = "t" * 64
"""The test set that models are measured on, unless another is named."""


class RoutingPolicyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RoutingPolicy

    queue = factory.SubFactory(QueueFactory)
    project = factory.SelfAttribute("queue.project")
    audit_queue = factory.SubFactory(QueueFactory, project=factory.SelfAttribute("..project"), blind=True)
    version = factory.Sequence(lambda number: number + 1)
    threshold = 0.8
    audit_share = 0.1


class RoutingDecisionFactory(factory.django.DjangoModelFactory):
    """A decision as it stands in the table, about a prediction of its own; no task follows from it."""

    class Meta:
        model = RoutingDecision

    class Params:
        prediction = factory.SubFactory(PredictionFactory)

    project_id = factory.SelfAttribute("prediction.project_id")
    capture_id = factory.SelfAttribute("prediction.capture_id")
    prediction_id = factory.SelfAttribute("prediction.pk")
    policy = factory.SubFactory(RoutingPolicyFactory)
    action = "accept"
    inclusion_probability = 0.1


class ExampleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Example

    resolution = factory.SubFactory(ResolutionFactory)
    project = factory.SelfAttribute("resolution.project")
    image = factory.SelfAttribute("resolution.image")
    value = factory.SelfAttribute("resolution.value")


class DatasetVersionFactory(factory.django.DjangoModelFactory):
    """A frozen dataset's row alone, its manifest nowhere."""

    class Meta:
        model = DatasetVersion

    number = factory.Sequence(lambda number: number + 1)
    state = DatasetState.FROZEN.value
    hash = factory.Sequence("{:064x}".format)
    test_hash = factory.Sequence("{:064x}".format)
    manifest_key = "datasets/nowhere.ndjson"
    counts = factory.LazyFunction(lambda: {"train": 8, "val": 1, "test": 1})
    frozen_at = factory.LazyFunction(timezone.now)


class EvaluationFactory(factory.django.DjangoModelFactory):
    """Figures as `inference.services.evaluating` stores them: `EvaluationFactory(model=…, accuracy=0.8)`."""

    class Meta:
        model = Evaluation
        skip_postgeneration_save = True

    class Params:
        accuracy = 0.8
        majority = 0.4

    test_hash = TEST_HASH
    images = 100
    measured = factory.PostGeneration(lambda made, *_, **__: measured_sets(made))
    metrics = factory.LazyAttribute(
        lambda made: {
            "accuracy": made.accuracy,
            "majority_accuracy": made.majority,
            "ece": 0.05,
            "per_label": {"red": {"precision": 0.8, "recall": 0.8, "support": 100}},
        }
    )


def outcomes_of(truth, said, variants=("",), confidence=0.9):
    """What a classifier said of images that are called by their places, the same in every variant."""
    told = [tally([answer], [answer == true], [true]) for true, answer in zip(truth, said, strict=True)]
    hashes = [f"{place:064x}" for place in range(len(told))]
    return gather(hashes, [told] * len(variants), [confidence] * len(told), variants)


def measured_sets(evaluation):
    """What goes with the figures: of 100 images called red the first so many were right."""
    right = round(evaluation.metrics["accuracy"] * evaluation.images)
    said = ["red"] * right + ["blue"] * (evaluation.images - right)
    model, truth = evaluation.model, ["red"] * evaluation.images
    keep(model=model, over="test", set_hash=evaluation.test_hash, found=outcomes_of(truth, said))
    worn = outcomes_of(truth, said, variants=("blur 1", "blur 2"))
    keep(model=model, over="corrupted", set_hash=evaluation.test_hash, found=worn)
    for over in ("gold", "recent"):
        keep(model=model, over=over, set_hash="none", found=outcomes_of([], []))


def project_to_test_on():
    """A project of colours whose newest dataset holds the test set TEST_HASH."""
    project = project_with(labels=tuple(COLOURS))
    DatasetVersionFactory(project=project, test_hash=TEST_HASH)
    return project


def measured_model(project, accuracy=None, *, stage=Stage.CANDIDATE, test_hash=TEST_HASH, **fields):
    """A model, measured if an accuracy is given."""
    made = ModelVersionFactory(project=project, stage=stage.value, **fields)
    if accuracy is not None:
        EvaluationFactory(model=made, accuracy=accuracy, test_hash=test_hash)
    return made


def labelled(project, label, seed, **stored):
    """An image with real bytes whose label was imported, so that an example follows; returns the image."""
    image, _ = images.store(project=project, data=picture(seed), **stored)
    settle(image=image, value={"label": label}, by=ResolvedBy.IMPORTED)
    return image
