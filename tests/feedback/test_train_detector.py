"""From boxes that people drew to a detector that finds things on shelves it never saw, and what the pages say of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from feedback.domain.retraining_rules import RulesRefused
from feedback.services.retraining_rules import set_rules
from inference.enums import RunState
from inference.models import Prediction, TrainingRun
from inference.services.loaded import LoadedModels
from inference.services.models import set_champion
from inference.services.predicting import predict
from labeling.domain.values import check_value
from labeling.services import images
from labeling.signals import project_created
from tests.factories.feedback import ExampleFactory
from tests.factories.inference import capture_of
from tests.factories.labeling import ResolutionFactory, SourceFactory, project_with
from tests.factories.people import member
from tests.inference.shelves import SIZE, THINGS, shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    made = project_with(labels=THINGS, task_type="detection")
    project_created.send(sender=type(made), project=made)
    SourceFactory(project=made)
    return made


def learn(project, **counts):
    """So many shelves a split, with the boxes that are held true of them."""
    seed = 100
    for split, count in counts.items():
        for _ in range(count):
            data, boxes = shelf(seed)
            image, _ = images.store(project=project, data=data, split=split, group=f"{seed}")
            regions = [
                {"id": str(number), "label": each.label, "box": list(each.box)}
                for number, each in enumerate(boxes)
            ]
            resolution = ResolutionFactory(image=image, project=project, value={"regions": regions})
            ExampleFactory(resolution=resolution)
            seed += 1


def test_boxes_become_a_detector_that_finds_things_it_never_saw(client, capsys, project):
    learn(project, train=40, val=6, test=10)
    wished = ["size=64", "steps=100", "batch_size=8", "patience=null"]
    call_command("train", project.slug, seed=1, option=wished)
    run = TrainingRun.objects.get()
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    model = run.model
    assert (model.architecture, model.labels) == ("centernet", list(THINGS))
    figures = model.evaluations.get().metrics
    # A box of the right size and label at random is right about once in a hundred times.
    assert figures["map"] > 0.15
    assert figures["count"] == 10
    assert run.curve[-1]["val_map"] > run.curve[0]["val_map"]
    assert "F1 of the boxes" in capsys.readouterr().out

    set_champion(project=project, model=model)
    data, boxes = shelf(7)
    capture = capture_of(project, data)
    with ThreadPoolExecutor(1) as workers:
        predict(project_id=project.pk, served=LoadedModels(threads=1).get(model), workers=workers)
    said = Prediction.objects.get(capture=capture)
    regions = [
        {name: each for name, each in region.items() if name != "confidence"}
        for region in said.value["regions"]
    ]
    check_value({"regions": regions}, task_type="detection", labels=THINGS, width=SIZE[0], height=SIZE[1])
    assert len(boxes) >= 1

    client.force_login(member(project, "engineer"))
    page = client.get(reverse("run", args=[project.slug, run.pk])).content.decode()
    assert "Loss and average precision" in page
    assert "of its boxes are right" in page
    overview = client.get(reverse("overview", args=[project.slug])).content.decode()
    assert "with an average precision of" in overview
    assert "The champion’s last layer alone" not in overview


def test_a_detector_s_head_is_not_trained_alone(project):
    learn(project, train=2)
    with pytest.raises(CommandError, match="no last layer to train alone"):
        call_command("train", project.slug, method="head", base=None)
    assert not TrainingRun.objects.exists()
    with pytest.raises(RulesRefused, match="method must be one of scratch, replay, naive"):
        set_rules(user=member(project, "engineer"), project=project, changes={"method": "head"})
