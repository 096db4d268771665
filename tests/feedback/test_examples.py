"""From resolution to example: in the answer's transaction, with its ancestry; frozen ones cannot be undone."""

from uuid import uuid4

import pytest

from feedback.enums import DatasetState
from feedback.models import DatasetMember, Example
from feedback.services import routing
from labeling.enums import ResolvedBy, Verdict
from labeling.models import Resolution
from labeling.services.answers import Said, UndoRefused, record_answer, supersede
from labeling.services.resolving import settle
from people.enums import Role
from tests.factories.feedback import DatasetVersionFactory, RoutingPolicyFactory
from tests.factories.inference import CaptureFactory, PredictionFactory
from tests.factories.labeling import ImageFactory, SourceFactory, open_task, project_with
from tests.factories.people import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return project_with()


def said(label=None, verdict=Verdict.LABEL):
    return Said(client_id=uuid4(), verdict=verdict, value={"label": label} if label else None, seconds=1)


def answered(project, label="low_stock", **request):
    """An annotator's answer to a new task; returns who, the task and the answer."""
    annotator = member(project, Role.ANNOTATOR)
    task = open_task(project.queues.get(name="review"), **request)
    answer, _ = record_answer(user=annotator, task=task, lease=None, said=said(label))
    return annotator, task, answer


def test_an_answer_becomes_an_example_with_its_ancestry(project):
    annotator, task, answer = answered(project)
    example = Example.objects.get(image=task.image, replaced_at=None)
    assert example.value == {"label": "low_stock"}
    assert example.ancestry == {
        "by": "one_answer",
        "task": str(task.pk),
        "answers": [str(answer.pk)],
        "people": [annotator.pk],
        "guidelines": [],
    }


def test_the_ancestry_of_a_routed_capture_names_prediction_model_and_policy(project):
    queue = project.queues.get(name="review")
    RoutingPolicyFactory(project=project, queue=queue, version=7, threshold=1)
    capture = CaptureFactory(project=project, source=SourceFactory(project=project), state="predicted")
    prediction = PredictionFactory(capture=capture, value={"label": "in_stock"}, confidence=0.4)
    routing.route(predictions=[prediction])
    task = queue.tasks.get()
    record_answer(
        user=member(project, Role.ANNOTATOR), task=task, lease=None, said=said(verdict=Verdict.ACCEPT)
    )
    ancestry = Example.objects.get().ancestry
    assert ancestry["capture"] == str(capture.pk)
    assert (ancestry["prediction"], ancestry["model"]) == (str(prediction.pk), str(prediction.model_id))
    assert (ancestry["policy"], ancestry["action"]) == (7, "review")


def test_an_imported_truth_is_an_example_too(project):
    image = ImageFactory(project=project)
    settle(image=image, value={"label": "blocked"}, by=ResolvedBy.IMPORTED)
    assert Example.objects.get(image=image).ancestry == {"by": "imported"}


def test_cant_tell_teaches_nothing(project):
    task = open_task(project.queues.get(name="review"))
    record_answer(
        user=member(project, Role.ANNOTATOR), task=task, lease=None, said=said(verdict=Verdict.CANT_TELL)
    )
    assert Resolution.objects.get().value is None
    assert not Example.objects.exists()


def test_a_better_founded_truth_replaces_the_example_and_keeps_the_old_one(project):
    image = ImageFactory(project=project)
    settle(image=image, value={"label": "blocked"}, by=ResolvedBy.IMPORTED)
    settle(image=image, value={"label": "in_stock"}, by=ResolvedBy.ADJUDICATION)
    assert Example.objects.get(image=image, replaced_at=None).value == {"label": "in_stock"}
    assert Example.objects.get(image=image, replaced_at__isnull=False).value == {"label": "blocked"}


def test_an_undo_replaces_the_example(project):
    annotator, task, answer = answered(project)
    supersede(user=annotator, task=task, said=said("blocked"), earlier=answer.pk)
    assert Example.objects.get(replaced_at=None).value == {"label": "blocked"}
    assert Example.objects.count() == 2


@pytest.mark.parametrize("state", [DatasetState.BUILDING, DatasetState.FROZEN])
def test_what_a_dataset_holds_cannot_be_undone(project, state):
    annotator, task, answer = answered(project)
    dataset = DatasetVersionFactory(project=project, state=state)
    DatasetMember.objects.create(dataset=dataset, example=Example.objects.get(), split="train")
    with pytest.raises(UndoRefused, match="frozen"):
        supersede(user=annotator, task=task, said=said("blocked"), earlier=answer.pk)
    assert Example.objects.get().value == {"label": "low_stock"}
    assert task.answers.count() == 1


def test_what_only_a_failed_dataset_held_can_be_undone(project):
    annotator, task, answer = answered(project)
    dataset = DatasetVersionFactory(project=project, state=DatasetState.FAILED)
    DatasetMember.objects.create(dataset=dataset, example=Example.objects.get(), split="train")
    supersede(user=annotator, task=task, said=said("blocked"), earlier=answer.pk)
    assert Example.objects.get(replaced_at=None).value == {"label": "blocked"}
