"""What a shadow says is nowhere but in its own table: no route, no task, no alert, no list knows of it."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from inference.models import Prediction, Shadow, ShadowPrediction
from inference.services import shadows
from inference.services.models import set_champion
from inference.signals import captures_predicted
from labeling.models import Task
from people.enums import Role
from tests.factories.inference import COLOURS, colour_project
from tests.factories.people import client_of, member
from tests.factories.shadows import in_shadow, look_at, predicted

pytestmark = pytest.mark.django_db
ITS_OWN = {"inference.ShadowPrediction", "inference.Shadow"}

READERS = {
    "inference/models/__init__.py",
    "inference/models/shadow.py",
    "inference/services/shadowing.py",
    "inference/services/shadows.py",
    "feedback/queries/shadows.py",
}
"""The modules that may name the table of what shadows said."""


def everything():
    """Every row of every table but the shadows' own, by model."""
    return {
        model._meta.label: sorted(map(repr, model._default_manager.values_list()))
        for model in apps.get_models()
        if model._meta.label not in ITS_OWN and model._meta.managed
    }


@pytest.fixture
def project():
    """One whose every prediction is reviewed, so that there is much that could go wrong."""
    return colour_project()


def test_putting_captures_to_a_shadow_changes_no_row_of_any_other_table(project):
    shadow = in_shadow(project, ("green", "red", "blue"))
    ids = predicted(project, 6)
    before = everything()
    assert before["inference.Prediction"]
    look_at(project, ids)
    assert ShadowPrediction.objects.filter(shadow=shadow).count() == 6
    assert everything() == before


def test_a_shadow_that_wrote_predictions_would_be_noticed(project, monkeypatch):
    """The test above sees it where the mechanism is off."""

    def as_a_mark(*, shadow, rows=(), **_):
        for row in rows:
            made = Prediction.objects.get(capture_id=row.capture_id)
            made.value = row.value
            made.save()

    in_shadow(project, ("green", "red", "blue"))
    ids = predicted(project, 6)
    before = everything()
    monkeypatch.setattr(shadows, "keep", as_a_mark)
    look_at(project, ids)
    assert everything() != before


def test_nothing_is_told_of_what_it_says(project):
    in_shadow(project)
    ids = predicted(project)
    heard = []

    def hear(predictions, **_):
        heard.append(predictions)

    captures_predicted.connect(hear)
    try:
        look_at(project, ids)
    finally:
        captures_predicted.disconnect(hear)
    assert heard == []


def test_with_a_shadow_and_without_one_people_and_the_api_are_told_the_same(project):
    """A champion beside which a shadow contradicts everything is routed, asked about and listed as ever."""
    plain = colour_project()
    in_shadow(project, ("green", "blue", "red"))
    told = []
    for one in (plain, project):
        look_at(one, predicted(one, 6))
        client = client_of(member(one, Role.ENGINEER), one)
        captures = client.get(f"/api/v1/projects/{one.slug}/captures/").json()["results"]
        said = [(capture["prediction"]["value"], capture["prediction"]["confidence"]) for capture in captures]
        labels = {capture["id"]: capture["prediction"]["value"]["label"] for capture in captures}
        tasks = Task.objects.filter(project=one)
        # A few of them are audits, drawn anew for each project, and shown without a proposal.
        assert all(
            task.proposal is None or task.proposal["label"] == labels[str(task.capture_id)] for task in tasks
        )
        told.append(said)
    assert told[0] == told[1]
    assert [value["label"] for value, _ in told[1]] == [*reversed(COLOURS)] * 2
    assert ShadowPrediction.objects.filter(agrees=False).count() == 6


def test_what_a_model_said_in_shadow_is_no_prediction_of_it_once_it_serves(project):
    shadow = in_shadow(project)
    look_at(project, predicted(project))
    set_champion(project=project, model=shadow.model)
    assert not Prediction.objects.filter(model=shadow.model).exists()
    assert Shadow.objects.get().seen == 3


def test_no_other_module_names_the_table():
    root = Path(settings.ROOT)
    named = re.compile(r"ShadowPrediction|inference_shadowprediction")
    found = {
        str(path.relative_to(root))
        for app in ("people", "labeling", "inference", "feedback", "config", "demo")
        for path in (root / app).rglob("*.py")
        if "migrations" not in path.parts and named.search(path.read_text())
    }
    assert found <= READERS
