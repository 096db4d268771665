"""One batch: what is stored of it, what a broken image does, and what is left alone."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from feedback.models import RoutingDecision
from feedback.services.policies import set_policy
from inference.enums import CaptureState, ModelRuntime, Stage
from inference.models import Capture, Embedding, ModelVersion, Prediction
from inference.queries.captures import projects_with_work
from inference.queries.models import champion
from inference.services.captures import receive, retry
from inference.services.loaded import LoadedModels
from inference.services.predicting import BatchFailed, predict
from inference.signals import captures_predicted
from labeling.models import Source, Task
from tests.factories.inference import (
    COLOURS,
    CaptureFactory,
    ModelVersionFactory,
    capture_of,
    colour_project,
    coloured,
)
from tests.factories.labeling import ImageFactory
from tests.factories.people import member

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def decoders():
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def project():
    return colour_project()


def batch(project, decoders, **options):
    model = champion(project)
    served = LoadedModels(threads=1).get(model) if model else None
    return predict(project_id=project.pk, served=served, workers=decoders, **options)


def states(project):
    return list(Capture.objects.filter(project=project).order_by("pk").values_list("state", flat=True))


def test_a_batch_predicts_every_capture_by_its_picture(project, decoders):
    sent = {capture_of(project, coloured(colour, seed)).pk: colour for seed, colour in enumerate(COLOURS)}
    outcome = batch(project, decoders)
    assert (outcome.predicted, outcome.failed, outcome.tried) == (3, 0, ())
    predictions = Prediction.objects.filter(project=project)
    assert {p.capture_id: p.value["label"] for p in predictions} == sent
    for prediction in predictions:
        assert prediction.model == champion(project)
        assert sum(prediction.scores.values()) == pytest.approx(1, abs=1e-5)
        assert prediction.confidence == max(prediction.scores.values()) > prediction.raw_confidence > 1 / 3
        assert 0 < prediction.uncertainty < 1
    assert states(project) == [CaptureState.PREDICTED] * 3


def test_an_embedding_is_the_models_own(project, decoders):
    capture_of(project, coloured("red"))
    batch(project, decoders)
    vector = np.array(Embedding.objects.get(prediction__project=project).vector)
    assert vector == pytest.approx(np.array(COLOURS["red"]) / 255, abs=0.03)


def test_a_broken_image_fails_with_its_reason_and_stops_nobody(project, decoders):
    whole = coloured("green")
    captures = [capture_of(project, coloured("red", 1)), capture_of(project, whole[: len(whole) // 2])]
    captures += [capture_of(project, b"no image at all"), capture_of(project, coloured("blue", 2))]
    outcome = batch(project, decoders)
    assert (outcome.predicted, outcome.failed) == (2, 2)
    assert states(project) == ["predicted", "failed", "failed", "predicted"]
    failures = [Capture.objects.get(pk=capture.pk).failure for capture in captures]
    assert "cut short" in failures[1]
    assert "not an image" in failures[2]
    assert failures[0] == failures[3] == ""


def test_a_lost_file_fails_with_its_reason(project, decoders):
    capture = CaptureFactory(project=project, image=ImageFactory(project=project))
    batch(project, decoders)
    capture.refresh_from_db()
    assert (capture.state, capture.failure) == (
        "failed",
        f"The image's file is gone from the storage: {capture.image.key}.",
    )


def test_every_prediction_is_routed_in_the_same_transaction(project, decoders):
    for seed in range(3):
        capture_of(project, coloured("red", seed))
    batch(project, decoders)
    assert RoutingDecision.objects.filter(project_id=project.pk).count() == 3


def test_the_signal_comes_once_with_everything_loaded(project, decoders, django_assert_num_queries):
    heard = []

    def listen(predictions, **_):
        with django_assert_num_queries(0):
            heard.append(
                [(p.capture.image.sha256, p.capture.source.key, p.model.number) for p in predictions]
            )

    for seed in range(3):
        capture_of(project, coloured("red", seed))
    captures_predicted.connect(listen)
    try:
        batch(project, decoders)
    finally:
        captures_predicted.disconnect(listen)
    assert [len(predictions) for predictions in heard] == [3]


def test_a_receivers_exception_keeps_nothing_and_loses_nothing(project, decoders):
    def fail(predictions, **_):
        raise RuntimeError("the receiver is ill")

    capture = capture_of(project, coloured("red"))
    captures_predicted.connect(fail)
    try:
        with pytest.raises(BatchFailed) as failed:
            batch(project, decoders)
    finally:
        captures_predicted.disconnect(fail)
    assert failed.value.ids == [capture.pk]
    assert states(project) == ["pending"]
    assert not Prediction.objects.exists()
    assert batch(project, decoders).predicted == 1


def test_without_a_champion_captures_wait(decoders):
    project = colour_project(champion=False)
    capture_of(project, coloured("red"))
    assert projects_with_work() == []
    assert batch(project, decoders).predicted == 0
    assert states(project) == ["pending"]
    ModelVersionFactory(project=project, stage=Stage.CHAMPION.value)
    assert projects_with_work() == [project.pk]
    assert batch(project, decoders).predicted == 1


def test_a_prediction_from_outside_needs_no_model_of_ours(decoders):
    project = colour_project(champion=False)
    capture_of(project, coloured("red"))
    external = {"label": "blue", "confidence": 0.4, "scores": {"blue": 0.4, "red": 0.35}, "model": "Vendor 7"}
    capture = capture_of(project, coloured("blue"), external=external)
    assert projects_with_work() == [project.pk]
    assert batch(project, decoders).predicted == 1
    prediction = Prediction.objects.get(capture=capture)
    assert (prediction.value, prediction.confidence) == ({"label": "blue"}, 0.4)
    assert prediction.scores == {"blue": 0.4, "red": 0.35}
    assert (prediction.model.name, prediction.model.runtime) == ("Vendor 7", ModelRuntime.EXTERNAL)
    assert states(project) == ["pending", "predicted"]
    assert Task.objects.get(project=project).proposal["model"] == "Vendor 7"


def test_predictions_of_one_outside_model_share_its_version(project, decoders):
    for seed in range(3):
        external = {"label": "red", "confidence": 0.9, "model": "Vendor 7"}
        capture_of(project, coloured("red", seed), external=external)
    assert batch(project, decoders).predicted == 3
    assert ModelVersion.objects.filter(project=project, runtime=ModelRuntime.EXTERNAL).count() == 1


def test_a_batch_takes_the_oldest_and_no_more_than_its_limit(project, decoders):
    captures = [capture_of(project, coloured("red", seed)) for seed in range(5)]
    assert batch(project, decoders, limit=2).predicted == 2
    done = Capture.objects.filter(project=project, state=CaptureState.PREDICTED)
    assert set(done.values_list("pk", flat=True)) == {captures[0].pk, captures[1].pk}


def test_a_batch_costs_the_same_queries_however_large(project, decoders, django_assert_max_num_queries):
    engineer, review = member(project, "engineer"), project.queues.get(name="review")
    set_policy(user=engineer, project=project, threshold=1, audit_share=0, queue=review)
    counts = []
    for size in (2, 12):
        for seed in range(size):
            capture_of(project, coloured("red", 100 * size + seed))
        with django_assert_max_num_queries(40) as queries:
            batch(project, decoders)
        counts.append(len(queries))
    assert counts[1] <= counts[0]


def test_captures_tried_before_are_left_to_be_taken_singly(project, decoders):
    tried = capture_of(project, coloured("red"), attempts=1)
    fresh = capture_of(project, coloured("blue"))
    outcome = batch(project, decoders)
    assert (outcome.predicted, outcome.tried) == (1, (tried.pk,))
    assert Prediction.objects.get().capture == fresh
    assert batch(project, decoders, ids=[tried.pk]).predicted == 1


def test_other_projects_captures_are_not_touched(project, decoders):
    other = colour_project()
    capture_of(other, coloured("red"))
    assert batch(project, decoders).predicted == 0
    assert states(other) == ["pending"]


def test_a_failed_capture_can_be_tried_again(project, decoders):
    capture = capture_of(project, b"no image")
    batch(project, decoders)
    engineer = member(project, "engineer")
    assert retry(by=engineer, captures=[capture]) == 1
    capture.refresh_from_db()
    assert (capture.state, capture.failure, capture.attempts) == ("pending", "", 0)


def test_receiving_the_same_image_twice_makes_two_captures(project):
    first = capture_of(project, coloured("red"))
    source = Source.objects.get(project=project)
    second = receive(
        project=project,
        source=source,
        image=first.image,
        captured_at=first.captured_at,
        context={"shelf": 3},
    )
    assert second.pk != first.pk
    assert second.image == first.image
    assert second.context == {"shelf": 3}
