"""A narrower model distilled from another: it learns the other's answers, and is kept where its accuracy holds."""

import numpy as np
import onnx
import pytest
from django.core.management import CommandError, call_command
from onnx import TensorProto, helper

from feedback.services.narrowing import frozen_for
from inference.domain.narrowing import HALF, QUARTER, narrower_than, refusal
from inference.enums import RunState
from inference.imaging import Preprocessing, to_array
from inference.models import ModelVersion
from inference.runtimes import load
from inference.services import model_jobs
from inference.services.baseline import learnt_from, measure_baseline
from inference.services.files import read_bytes
from inference.services.narrowing import Frozen, NarrowRefused, register_narrow
from inference.services.trainers import read_manifest
from inference.training.narrowing import narrowed
from inference.training.options import TrainingOptions
from labeling.enums import ResolvedBy
from labeling.models import Resolution
from labeling.services import images
from tests.factories.feedback import DatasetVersionFactory
from tests.factories.foreign import weight
from tests.factories.inference import (
    COLOURS,
    ModelVersionFactory,
    colour_manifest,
    colour_model,
    colour_project,
    coloured,
)
from tests.factories.labeling import project_with

SIZE = 16
HELD = {"right": 50, "parent_right": 50, "labelled": 100, "latency_ms": 1.0, "parent_latency_ms": 4.0}


def test_each_architecture_has_one_narrower_until_there_is_none():
    assert [narrower_than(name) for name in ("foreign", "small_resnet, int8", HALF, f"{HALF}, int8")] == [
        HALF,
        HALF,
        QUARTER,
        QUARTER,
    ]
    assert narrower_than(QUARTER) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ""),
        ({"right": 49}, ""),
        (
            {"right": 48},
            "right on 48 of 100 images, its parent on 50: that is 2.0% less, and 1.0% is allowed",
        ),
        ({"labelled": 29}, "takes 30 labelled images that neither learned from; there are 29"),
        ({"latency_ms": 4.0}, "nothing is won"),
    ],
)
def test_it_is_kept_where_its_accuracy_holds_and_something_is_won(changed, words):
    said = refusal(HELD | changed, 0.01)
    assert words in said
    assert bool(said) == bool(words)


def test_it_learns_what_the_parent_says_and_not_only_the_labels(tmp_path):
    parent = load("onnx", colour_model(sharpness=30.0))
    preprocessing = Preprocessing(size=SIZE)
    names = [name for name in COLOURS for _ in range(12)]
    pictures = np.stack([to_array(coloured(name, seed), preprocessing) for seed, name in enumerate(names)])
    # Labels that say nothing: of each colour as many are of each label.
    wrong = [0, 1, 2] * (len(names) // 3)
    options = TrainingOptions(architecture=QUARTER, size=SIZE, steps=50, distillation=4.0)
    content = narrowed(
        parent,
        train=(pictures, wrong),
        val=(pictures[:0], []),
        options=options,
        kept=tmp_path / "narrow.pt",
        heard=lambda share: None,
    )
    made = load("onnx", content)
    said = made.predict(pictures).probabilities.argmax(axis=1)
    told = parent.predict(pictures).probabilities.argmax(axis=1)
    assert (said == told).mean() > 0.95
    assert (made.labels, made.preprocessing, made.architecture) == (parent.labels, preprocessing, QUARTER)
    assert (tmp_path / "narrow.pt").exists()


def toiling():
    """The model that tells colours apart, with much work beside that changes nothing."""
    model = onnx.load_from_string(colour_model(sharpness=30.0))
    (mul,) = [node for node in model.graph.node if node.op_type == "Mul"]
    mul.output[0] = "idle"
    nodes = [
        helper.make_node("Resize", ["pixels", "", "scales"], ["large"], mode="nearest"),
        helper.make_node("Conv", ["large", "kernel"], ["worked"]),
        helper.make_node("ReduceMean", ["worked", "all"], ["one"], keepdims=0),
        helper.make_node("Mul", ["one", "nothing"], ["none"]),
        helper.make_node("Unsqueeze", ["none", "last"], ["column"]),
        helper.make_node("Add", ["idle", "column"], ["logits"]),
    ]
    place = list(model.graph.node).index(mul) + 1
    after = list(model.graph.node)[place:]
    del model.graph.node[place:]
    model.graph.node.extend([*nodes, *after])
    model.graph.initializer.extend(
        [
            weight("scales", [1, 1, 16, 16]),
            weight("kernel", np.ones((8, 3, 3, 3))),
            weight("nothing", 0),
            helper.make_tensor("all", TensorProto.INT64, [3], [1, 2, 3]),
            helper.make_tensor("last", TensorProto.INT64, [1], [1]),
        ]
    )
    return model.SerializeToString()


# A model trains meanwhile: no transaction may be open for so long.
@pytest.mark.django_db(transaction=True)
class TestTheService:
    def model(self, project, content):
        return ModelVersionFactory(
            project=project,
            content=content,
            bytes=len(content),
            preprocessing=Preprocessing(size=SIZE).to_json(),
        )

    def labelled(self, project, each=12):
        for colour in COLOURS:
            for seed in range(100, 100 + each):
                image, _ = images.store(project=project, data=coloured(colour, seed))
                Resolution.objects.create(
                    project=project, image=image, value={"label": colour}, by=ResolvedBy.IMPORTED
                )

    def dataset(self, project):
        return DatasetVersionFactory(project=project, manifest_key=colour_manifest(project, train=16, val=4))

    def test_it_becomes_a_candidate_that_no_image_it_knows_judges(self, capsys):
        project = colour_project(champion=False)
        parent, dataset = self.model(project, toiling()), self.dataset(project)
        self.labelled(project)
        call_command("narrow_model", str(parent.pk), "--steps", "40", "--margin", "0.1")
        said = capsys.readouterr()
        made = ModelVersion.objects.get(parent=parent)
        assert said.out == f"{made.pk}\n"
        parent.refresh_from_db()
        figures = parent.profile["narrow"]
        assert (figures["refused"], figures["labelled"], figures["learned"]) == ("", 36, 48)
        assert figures["latency_ms"] < figures["parent_latency_ms"]
        assert (made.architecture, made.dataset_id, made.labels) == (HALF, dataset.pk, parent.labels)
        assert made.checkpoint_key
        rows = read_manifest(dataset.manifest_key).rows
        known = {row.sha256 for row in rows if row.split != "test"}
        assert learnt_from(made) == known
        assert measure_baseline(model=made)["images"] == 36
        assert load("onnx", read_bytes(made.key)).labels == tuple(parent.labels)

    def test_where_it_is_not_kept_its_figures_say_why(self):
        project = colour_project(champion=False)
        parent = self.model(project, colour_model(sharpness=30.0))
        self.dataset(project)
        job = model_jobs.request_narrow(user=None, model=parent, frozen=frozen_for(parent))
        assert model_jobs.request_narrow(user=None, model=parent, frozen=frozen_for(parent)) == job
        model_jobs.carry_out(job.pk)
        job.refresh_from_db()
        assert job.state == RunState.FAILED
        assert "it takes 30 labelled images that neither learned from; there are 0" in job.error
        self.labelled(project)
        with pytest.raises(NarrowRefused, match="its parent on 36: that is") as refused:
            register_narrow(model=parent, frozen=frozen_for(parent), steps=1)
        parent.refresh_from_db()
        assert parent.profile["narrow"]["refused"] == str(refused.value)
        assert not ModelVersion.objects.filter(parent=parent).exists()

    def test_what_has_no_narrower_sibling_is_refused_at_once(self):
        project = colour_project(champion=False)
        parent = self.model(project, colour_model())
        with pytest.raises(NarrowRefused, match="learns from a frozen dataset"):
            frozen_for(parent)
        with pytest.raises(CommandError, match="learns from a frozen dataset"):
            call_command("narrow_model", str(parent.pk))
        frozen = Frozen(parent.pk, "manifests/gone.ndjson")
        with pytest.raises(NarrowRefused, match="manifest is gone"):
            register_narrow(model=parent, frozen=frozen)
        parent.architecture = QUARTER
        with pytest.raises(NarrowRefused, match="as narrow as any"):
            register_narrow(model=parent, frozen=frozen)
        boxes = ModelVersionFactory(project=project_with(task_type="detection"))
        with pytest.raises(NarrowRefused, match="classifiers alone"):
            model_jobs.request_narrow(user=None, model=boxes, frozen=frozen)
