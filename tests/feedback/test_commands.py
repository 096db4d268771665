"""The commands: what they print, and exit codes by their exceptions."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from feedback.models import DatasetVersion
from inference.enums import Stage
from tests.factories.feedback import DatasetVersionFactory, EvaluationFactory, labelled
from tests.factories.inference import COLOURS, ModelVersionFactory
from tests.factories.labeling import LABELS, project_with

pytestmark = pytest.mark.django_db
HASH = "t" * 64


def run(*words):
    out, err = StringIO(), StringIO()
    call_command(*words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_freezing_prints_id_and_hash_alone_on_stdout():
    project = project_with()
    for seed in range(20):
        labelled(project, LABELS[seed % 4], seed)
    out, err = run("freeze_dataset", project.slug, "--name", "May", "--test-share", "0.2")
    dataset = DatasetVersion.objects.get()
    assert out == f"{dataset.pk} {dataset.hash}\n"
    assert (dataset.name, dataset.filters) == ("May", {"test_share": 0.2})
    assert "Frozen as dataset 1:" in err
    _, again = run("freeze_dataset", project.slug, "--test-share", "0.2")
    assert "Nothing changed since dataset 1" in again


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("freeze_dataset", "nowhere"), "There is no project 'nowhere'"),
        (("freeze_dataset", "shelf"), "There is nothing to freeze"),
        (("freeze_dataset", "shelf", "--since", "soon"), "filters.since: must be a day or a time"),
        (("promote", "nowhere"), "There is no project 'nowhere'"),
        (("promote", "shelf"), "no candidate"),
        (("promote", "shelf", "--model", "77"), "no model 77"),
        (("rollback", "nowhere"), "There is no project 'nowhere'"),
        (("rollback", "shelf"), "No model serves"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_no_success(words, reason):
    project_with(slug="shelf")
    with pytest.raises(CommandError) as error:
        run(*words)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_promoting_and_rolling_back():
    project = project_with(labels=tuple(COLOURS))
    DatasetVersionFactory(project=project, test_hash=HASH)
    models = [ModelVersionFactory(project=project) for _ in range(3)]
    for model, accuracy in zip(models, (0.7, 0.8, 0.6), strict=True):
        EvaluationFactory(model=model, accuracy=accuracy, test_hash=HASH)
    run("promote", project.slug, "--model", str(models[0].number))
    out, err = run("promote", project.slug, "--model", str(models[1].number))
    assert f"{models[1]} serves now; before it {models[0]}." in out
    assert "challenger 0.8, champion 0.7" in err
    with pytest.raises(CommandError, match="not above"):
        run("promote", project.slug)
    out, _ = run("promote", project.slug, "--override", "to try the override")
    assert "in spite of the gate" in out
    out, _ = run("rollback", project.slug)
    assert out == f"{models[1]} serves again; {models[2]} is retired.\n"
    models[1].refresh_from_db()
    assert models[1].stage == Stage.CHAMPION
