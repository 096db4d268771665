"""Models brought in, tried apart, profiled, held against rules that need no network."""

import io
import json
import subprocess
from datetime import UTC, datetime

import numpy as np
import onnx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from onnx import TensorProto, helper

from inference.domain.declaration import Declaration
from inference.enums import RunState
from inference.imaging import Preprocessing
from inference.models import ModelJob, ModelVersion
from inference.runtimes import RuntimeRefused
from inference.services import apart, model_jobs
from inference.services.baseline import measure_baseline
from inference.services.ensembles import join
from inference.services.models import ModelRefused, register
from inference.services.profiling import Int8Refused, Profiled, register_int8
from labeling.enums import ResolvedBy
from labeling.models import Resolution
from labeling.services import images
from tests.factories.foreign import brightest_pixel, graph_of, means_classifier, weight
from tests.factories.inference import (
    COLOURS,
    ModelVersionFactory,
    colour_model,
    colour_project,
    coloured,
)
from tests.factories.labeling import project_with

pytestmark = pytest.mark.django_db
SIZED = {"size": 32}


@pytest.fixture
def project():
    return colour_project(champion=False)


def saved(tmp_path, model):
    path = tmp_path / "theirs.onnx"
    onnx.save(model, path)
    return path


def labelled(project, each=4):
    for colour in COLOURS:
        for seed in range(each):
            image, _ = images.store(project=project, data=coloured(colour, seed))
            Resolution.objects.create(
                project=project, image=image, value={"label": colour}, by=ResolvedBy.IMPORTED
            )


def test_a_foreign_model_is_kept_wrapped_with_what_was_found_out(project, tmp_path):
    file = saved(tmp_path, means_classifier())
    model = register(project=project, onnx=file, declaration=Declaration(labels=tuple(COLOURS)))
    assert model.labels == list(COLOURS)
    assert model.preprocessing["size"] == 32
    assert model.profile["latency_ms"] > 0
    assert "logits" in " ".join(model.profile["notes"])
    again = register(project=project, onnx=file, declaration=Declaration(labels=tuple(COLOURS)))
    assert again == model
    assert measure_baseline(model=model)["images"] == 0


def test_without_a_list_of_labels_it_is_refused(project, tmp_path):
    with pytest.raises(
        RuntimeRefused, match=r"lacks vouch.contract, vouch.labels, .*: .* declare its labels"
    ):
        register(project=project, onnx=saved(tmp_path, means_classifier()))
    assert not ModelVersion.objects.exists()


def test_labels_are_the_projects_before_anything_is_tried(project, tmp_path):
    with pytest.raises(ModelRefused, match="predicts purple; the project has blue, green, red"):
        register(
            project=project,
            onnx=tmp_path / "absent.onnx",
            declaration=Declaration(labels=("red", "purple", "-")),
        )


def test_a_detector_is_for_a_project_of_boxes(tmp_path, capsys):
    project = project_with(labels=("bottle", "can"), task_type="detection")
    file = saved(tmp_path, brightest_pixel("yolo"))
    model = register(project=project, onnx=file, declaration=Declaration(labels=("bottle", "can")))
    box = {"id": "1", "label": "can", "box": [16, 8, 48, 24]}
    missed = {"id": "2", "label": "bottle", "box": [0, 40, 10, 60]}
    for seed in (0, 1):
        picture, _ = images.store(project=project, data=coloured("red", seed, size=(64, 64)))
        Resolution.objects.create(
            project=project, image=picture, value={"regions": [box, missed]}, by=ResolvedBy.IMPORTED
        )
    found = measure_baseline(model=model)
    assert (found["boxes"], found["proposed"], found["right"], found["empty"]) == (4, 2, 2, 0)
    assert (found["f1"], found["map"]) == (pytest.approx(2 / 3), 0.5)
    assert (found["per_label"]["can"]["ap"], found["per_label"]["bottle"]["support"]) == (1, 2)
    call_command("evaluate", str(model.pk))
    said = capsys.readouterr().out
    assert "it finds 2 of 4 things, and 2 of 2 boxes are right: F1 0.667, mAP at 0.5 0.500" in said
    assert "bottle: 2 things; AP 0.000" in said
    call_command("profile_model", str(model.pk), "--seconds", "0.01")
    assert "F1 0.667, mAP at 0.5 0.500 on 1 images" in capsys.readouterr().out


def test_several_models_as_one_are_measured_as_one(project, capsys):
    labelled(project, each=2)
    contents = colour_model(("green", "blue", "red"), sharpness=9.0), colour_model(sharpness=90.0)
    wrong, right = (
        ModelVersionFactory(
            project=project, content=each, bytes=len(each), preprocessing=Preprocessing(size=16).to_json()
        )
        for each in contents
    )
    joined = join(project=project, models=[wrong, right])
    assert measure_baseline(model=wrong)["right"] == 0
    assert measure_baseline(model=joined)["right"] > 0
    call_command("profile_model", str(joined.pk), "--seconds", "0.01", "--json")
    profile = json.loads(capsys.readouterr().out)
    assert profile["precisions"]["fp32"]["bytes"] == wrong.bytes + right.bytes
    assert profile["precisions"]["fp32"]["right"] > 0
    assert "int8 is of one file" in " ".join(profile["notes"])


def endless():
    """A loop that never ends."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["x", "x"], ["y"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
        ],
    )
    nodes = [
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Loop", ["", "true", "mean"], ["out"], body=body),
    ]
    return graph_of(nodes, ["out"], [weight("true", True, bool)])


def greedy():
    """A terabyte of nothing."""
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["much"]),
        helper.make_node("ReduceMean", ["much"], ["one"], keepdims=0),
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Add", ["mean", "one"], ["out"]),
    ]
    return graph_of(nodes, ["out"], [weight("shape", [1 << 20, 1 << 18], np.int64)])


def asked(tmp_path, model, seconds):
    file = saved(tmp_path, model)
    declaration = Declaration(labels=tuple(COLOURS)).to_json()
    question = {"path": str(file), "declaration": declaration, "out": str(tmp_path / "out.onnx")}
    return apart.ask("check", question, seconds=seconds, size=file.stat().st_size)


def test_a_model_that_never_ends_is_given_up(tmp_path):
    with pytest.raises(RuntimeRefused, match="given up: after 8 seconds"):
        asked(tmp_path, endless(), seconds=8)


def test_a_model_that_eats_the_memory_takes_nothing_with_it(tmp_path):
    with pytest.raises(RuntimeRefused, match=r"cannot be run|loaded|memory|crashed"):
        asked(tmp_path, greedy(), seconds=60)


def test_the_baseline_holds_it_against_the_commonest_label_and_the_nearest_thumbnail(project):
    labelled(project)
    right = measure_baseline(model=ModelVersionFactory(project=project))
    assert (right["images"], right["right"], right["thumbnail"]) == (12, 12, 12)
    assert right["majority"] <= 4
    wrong = measure_baseline(
        model=ModelVersionFactory(project=project, content=colour_model(("green", "blue", "red")))
    )
    assert wrong["right"] == 0
    assert wrong["ahead"]["thumbnail"][0] == -1
    assert wrong["per_label"]["red"] == {"images": 4, "right": 0, "thumbnail": 4}


def test_what_a_model_learnt_from_is_no_baseline(project):
    labelled(project)
    model = ModelVersionFactory(project=project)
    measure_baseline(model=model)
    from inference.models import TrainingRun
    from tests.factories.inference import colour_manifest

    key = colour_manifest(project, train=3, val=0, test=1)
    TrainingRun.objects.create(
        project=project,
        dataset_id="00000000-0000-7000-8000-000000000001",
        manifest_key=key,
        model=model,
    )
    assert measure_baseline(model=model)["images"] == 3


def test_the_command_says_what_it_found_and_prints_the_id(project, tmp_path, capsys):
    labelled(project, each=2)
    file = saved(tmp_path, means_classifier())
    call_command("register_model", str(file), project=project.slug, labels=tuple(COLOURS))
    said = capsys.readouterr()
    assert said.out == f"{ModelVersion.objects.get().pk}\n"
    assert "right on 6 (100.0%)" in said.err
    call_command("evaluate", str(ModelVersion.objects.get().pk), "--json")
    assert json.loads(capsys.readouterr().out)["right"] == 6


def test_what_is_declared_needs_its_labels(project):
    with pytest.raises(CommandError, match="--size is of a model from elsewhere: name its --labels"):
        call_command("register_model", project.slug, "model.onnx", "--size", "64")
    with pytest.raises(CommandError, match="--std must be above 0"):
        call_command("register_model", project.slug, "model.onnx", "--labels", "a,b", "--std", "0")
    with pytest.raises(CommandError, match="Say which project"):
        call_command("register_model", "model.onnx")


def network():
    """Two layers of weights, enough to quantise: the second sees the channels' means again."""
    eye = np.zeros((3, 3, 1, 1))
    eye[range(3), range(3)] = 1
    nodes = [
        helper.make_node("Conv", ["pixels", "first"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["c"]),
        helper.make_node("GlobalAveragePool", ["c"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["means"]),
        helper.make_node("MatMul", ["means", "table"], ["out"]),
    ]
    weights = [weight("first", eye), weight("second", eye), weight("table", np.eye(3) * 8)]
    return graph_of(nodes, ["out"], weights)


def test_a_profile_has_both_precisions_and_int8_is_kept_where_it_holds(project, tmp_path, capsys):
    labelled(project, each=30)
    file = saved(tmp_path, network())
    model = register(project=project, onnx=file, declaration=Declaration(labels=tuple(COLOURS)))
    call_command("profile_model", str(model.pk), "--seconds", "0.01", "--register-int8", "--json")
    found = json.loads(capsys.readouterr().out)
    model.refresh_from_db()
    assert {row["precision"] for row in found["timings"]} == {"fp32", "int8"}
    assert {row["batch"] for row in found["timings"]} == {1, 8, 32}
    assert found["latency_ms"] == model.profile["latency_ms"]
    int8 = found["precisions"]["int8"]
    assert (int8["right"], int8["labelled"], int8["agreement"]) == (45, 45, 1)
    sibling = ModelVersion.objects.get(parent=model)
    assert (sibling.labels, sibling.architecture) == (model.labels, "foreign, int8")
    assert sibling.sha256 != model.sha256


def test_int8_that_loses_more_than_the_margin_is_not_kept(project):
    model = ModelVersionFactory(project=project)

    def made(right, labelled):
        figures = {"fp32": {"right": 50}, "int8": {"right": right, "labelled": labelled}}
        return Profiled({"precisions": figures, "notes": []}, colour_model(sharpness=3.0))

    with pytest.raises(Int8Refused, match=r"40 of 100 images, the floats on 50: that is 10.0% less"):
        register_int8(model=model, made=made(40, 100))
    boxes = {"fp32": {"f1": 0.8}, "int8": {"f1": 0.7, "labelled": 100}}
    with pytest.raises(Int8Refused, match=r"F1 of 0.700 on 100 images, the floats 0.800: that is 10.0% less"):
        register_int8(model=model, made=Profiled({"precisions": boxes, "notes": []}, b""))
    with pytest.raises(Int8Refused, match="cannot be told: it takes 30 labelled images"):
        register_int8(model=model, made=made(10, 10))
    with pytest.raises(Int8Refused, match="no pictures"):
        register_int8(model=model, made=Profiled({"notes": ["no pictures"]}, None))
    assert register_int8(model=model, made=made(49, 100)).parent == model


def test_a_file_is_profiled_by_itself(tmp_path, capsys):
    for colour in COLOURS:
        (tmp_path / colour).mkdir()
        for seed in range(16):
            (tmp_path / colour / f"{seed}.jpg").write_bytes(coloured(colour, seed))
    file = saved(tmp_path, network())
    words = ["--labels", ",".join(COLOURS), "--images", str(tmp_path), "--seconds", "0.01"]
    call_command("profile_model", str(file), *words)
    said = capsys.readouterr().out
    assert "right on 24 of 24 (100.0%)" in said
    assert "int8" in said


def test_a_file_sent_becomes_a_candidate(project, django_capture_on_commit_callbacks):
    labelled(project, each=1)
    job = model_jobs.request_registration(
        user=None,
        project=project,
        file=("theirs.onnx", io.BytesIO(means_classifier().SerializeToString())),
        declaration=Declaration(labels=tuple(COLOURS)),
        name="Theirs",
    )
    model_jobs.carry_out(job.pk)
    job.refresh_from_db()
    assert (job.state, job.progress, job.error) == (RunState.SUCCEEDED, 1, "")
    assert (job.model.name, job.model.baseline["right"]) == ("Theirs", 3)
    model_jobs.carry_out(job.pk)
    assert ModelVersion.objects.count() == 1
    assert not default_storage.exists(f"models/{project.pk}/sent/{job.pk}.onnx")


def test_a_file_that_cannot_serve_says_why(project):
    job = model_jobs.request_registration(
        user=None, project=project, file=("theirs.onnx", ContentFile(b"no model"))
    )
    model_jobs.carry_out(job.pk)
    job.refresh_from_db()
    assert job.state == RunState.FAILED
    assert "not an ONNX model" in job.error
    assert job.finished_at <= datetime.now(UTC)


def test_a_profile_that_waits_is_asked_for_once(project):
    model = ModelVersionFactory(project=project)
    first = model_jobs.request_profile(user=None, model=model)
    assert model_jobs.request_profile(user=None, model=model) == first
    assert model_jobs.request_profile(user=None, model=model, int8=True) != first
    assert ModelJob.objects.count() == 2


def test_the_process_apart_is_given_no_credentials(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    seen = {}
    start = subprocess.Popen

    def noting(*arguments, **given):
        seen.update(given["env"])
        return start(*arguments, **given)

    monkeypatch.setattr(subprocess, "Popen", noting)
    with pytest.raises(RuntimeRefused):
        apart.ask("check", {"path": str(tmp_path / "no"), "declaration": None}, seconds=30, size=0)
    assert "PATH" in seen
    assert "DATABASE_URL" not in seen
