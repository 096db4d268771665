"""Models registered, measured and put in service."""

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from inference.enums import Stage
from inference.models import Evaluation, ModelVersion
from inference.queries.models import champion, named
from inference.runtimes import RuntimeRefused
from inference.services.evaluating import EvaluationRefused, evaluate
from inference.services.models import ModelRefused, register, set_champion
from inference.services.trainers import read_manifest
from people.models import AuditEvent
from tests.factories.inference import (
    COLOURS,
    ModelVersionFactory,
    colour_manifest,
    colour_model,
    colour_project,
)
from tests.factories.labeling import LabelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return colour_project(champion=False)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(colour_model())
    return path


def test_registering_reads_the_card_of_the_file(project, file, tmp_path):
    checkpoint = tmp_path / "state.pt"
    checkpoint.write_bytes(b"weights")
    model = register(project=project, onnx=file, checkpoint=checkpoint, name="first")
    assert (model.labels, model.architecture, model.temperature) == (list(COLOURS), "colours", 1 / 8)
    assert model.preprocessing == {"size": 16, "resize": "squash", "interpolation": "bilinear"}
    assert (model.number, model.stage, str(model)) == (1, Stage.CANDIDATE, "first")
    with default_storage.open(model.key) as kept:
        assert kept.read() == file.read_bytes()
    with default_storage.open(model.checkpoint_key) as kept:
        assert kept.read() == b"weights"
    assert AuditEvent.objects.filter(action="model.registered").count() == 1


def test_the_same_file_again_is_the_same_model(project, file):
    first = register(project=project, onnx=file)
    assert register(project=project, onnx=file, name="again") == first
    assert ModelVersion.objects.count() == 1


def test_numbers_go_on(project, file, tmp_path):
    register(project=project, onnx=file)
    other = tmp_path / "other.onnx"
    other.write_bytes(colour_model(sharpness=3.0))
    assert register(project=project, onnx=other).number == 2


def test_labels_the_project_does_not_have_are_refused_by_name(project, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(colour_model(("red", "green", "purple")))
    with pytest.raises(ModelRefused, match=r"The model predicts purple; the project has blue, green, red\."):
        register(project=project, onnx=path)
    assert not ModelVersion.objects.exists()


def test_a_model_of_another_task_than_the_projects_is_refused(project, file):
    project.task_type = "detection"
    project.save()
    with pytest.raises(ModelRefused, match="The model is for classification, the project for detection"):
        register(project=project, onnx=file)
    assert not ModelVersion.objects.exists()


def test_a_file_that_is_no_model_is_refused(project, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(RuntimeRefused, match="not an ONNX model"):
        register(project=project, onnx=path)


def test_the_command_prints_the_id_and_nothing_else_to_stdout(project, file, capsys):
    call_command("register_model", project.slug, str(file), name="from a file")
    model = ModelVersion.objects.get()
    said = capsys.readouterr()
    assert said.out == f"{model.pk}\n"
    assert "red, green, blue" in said.err


def test_the_command_says_what_is_wrong(project, tmp_path):
    with pytest.raises(CommandError, match="There is no project 'nowhere'"):
        call_command("register_model", "nowhere", "model.onnx")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("register_model", project.slug, str(tmp_path / "absent.onnx"))


def test_a_model_of_another_project_cannot_serve(project):
    with pytest.raises(ModelRefused, match="belongs to another project"):
        set_champion(project=project, model=ModelVersionFactory())


def test_a_model_is_found_by_its_id_or_as_champion(project):
    model = ModelVersionFactory(project=project)
    assert named(project, "champion") is champion(project) is None
    set_champion(project=project, model=model)
    assert named(project, "champion") == named(project, str(model.pk)) == model
    assert named(project, "nonsense") is named(project, str(ModelVersionFactory().pk)) is None


def test_evaluating_measures_the_test_rows_and_nothing_else(project):
    manifest = read_manifest(colour_manifest(project, test=4, wrong=3))
    evaluation = evaluate(model=ModelVersionFactory(project=project), manifest=manifest)
    assert (evaluation.images, evaluation.test_hash) == (12, manifest.test_hash())
    assert evaluation.metrics["accuracy"] == pytest.approx(9 / 12)
    assert evaluation.metrics["majority_accuracy"] == pytest.approx(7 / 12)
    assert evaluation.metrics["per_label"]["green"] == {"precision": 1, "recall": 1, "support": 4}
    assert set(evaluation.metrics) >= {"accuracy", "ece", "per_label", "majority_accuracy", "confusion"}


def test_evaluating_again_measures_nothing_anew(project):
    manifest = read_manifest(colour_manifest(project))
    model = ModelVersionFactory(project=project)
    first = evaluate(model=model, manifest=manifest)
    default_storage.delete(model.key)
    assert evaluate(model=model, manifest=manifest) == first
    assert Evaluation.objects.count() == 1


def test_a_label_the_model_never_heard_of_counts_as_wrong(project):
    LabelFactory(project=project, key="orange")
    model = ModelVersionFactory(project=project, content=colour_model(("orange", "green", "blue")))
    evaluation = evaluate(model=model, manifest=read_manifest(colour_manifest(project, test=4)))
    assert evaluation.metrics["accuracy"] == pytest.approx(8 / 12)
    assert evaluation.metrics["labels"] == ["orange", "green", "blue", "red"]


def test_without_test_rows_there_is_nothing_to_measure(project):
    manifest = read_manifest(colour_manifest(project, test=0))
    assert evaluate(model=ModelVersionFactory(project=project), manifest=manifest) is None


def test_a_test_image_that_is_gone_is_named(project):
    manifest = read_manifest(colour_manifest(project))
    lost = manifest.of("test")[0]
    default_storage.delete(lost.key)
    with pytest.raises(EvaluationRefused, match=lost.sha256):
        evaluate(model=ModelVersionFactory(project=project), manifest=manifest)
