"""`manage.py train`: freezes what is known, trains, measures; says what is wrong."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from feedback.models import DatasetVersion
from inference.enums import RunState
from inference.models import TrainingRun
from labeling.services import images
from tests.factories.feedback import ExampleFactory
from tests.factories.inference import COLOURS, colour_project, coloured
from tests.factories.labeling import ResolutionFactory
from tests.factories.people import member

pytestmark = pytest.mark.django_db


def learn(project, per_split=(("train", 8), ("val", 2), ("test", 4))):
    """Labelled pictures of every colour, their splits asked for."""
    for colour in COLOURS:
        seed = 0
        for split, count in per_split:
            for _ in range(count):
                image, _ = images.store(
                    project=project, data=coloured(colour, seed), split=split, group=f"{seed}"
                )
                resolution = ResolutionFactory(image=image, project=project, value={"label": colour})
                ExampleFactory(resolution=resolution)
                seed += 1


def test_training_freezes_what_is_known_and_leaves_a_measured_candidate(client, capsys):
    project = colour_project()
    learn(project)
    call_command("train", project.slug, seed=3, option=["size=16", "steps=40", "batch_size=8"])
    run = TrainingRun.objects.get()
    dataset = DatasetVersion.objects.get()
    assert (run.state, run.seed, run.dataset_id) == (RunState.SUCCEEDED, 3, dataset.pk)
    said = capsys.readouterr().out
    assert dataset.hash[:12] in said
    assert f"{run.model} (candidate)" in said
    assert "(champion)" in said
    assert "of 12 test images right" in said
    client.force_login(member(project, "engineer"))
    page = client.get(reverse("run", args=[project.slug, run.pk])).content.decode()
    assert "40 steps so far" in page


def test_a_project_without_examples_is_told_so():
    project = colour_project()
    with pytest.raises(CommandError, match="failed"):
        call_command("train", project.slug)
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"project": "nowhere"}, "There is no project 'nowhere'"),
        ({"option": ["steps"]}, "'steps' is not NAME=VALUE"),
        ({"dataset": "01a20d52-3370-70ed-a1ac-f6f69806eb69"}, "has no dataset 01a20d52"),
    ],
)
def test_what_is_not_there_is_named(options, reason):
    project = colour_project()
    given = {"project": project.slug, **options}
    with pytest.raises(CommandError, match=reason):
        call_command("train", given.pop("project"), **given)
