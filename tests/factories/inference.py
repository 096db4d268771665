"""Captures, models that tell colours apart, and their files, for tests."""

from dataclasses import replace
from functools import cache
from io import BytesIO
from uuid import uuid4

import factory
import numpy as np
import onnx
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from onnx import TensorProto, helper
from PIL import Image as Picture

from inference.domain.manifest import Manifest, ManifestRow, write
from inference.enums import ModelRuntime, Stage
from inference.imaging import Preprocessing
from inference.models import Capture, ModelVersion, Prediction
from inference.runtimes import contract
from labeling.models import Source
from labeling.services import images
from labeling.signals import project_created
from tests.factories.labeling import ImageFactory, SourceFactory, project_with
from tests.factories.people import ProjectFactory

COLOURS = {"red": (220, 30, 30), "green": (30, 220, 30), "blue": (30, 30, 220)}
SIZE = 16


def coloured(colour, seed=0, kind="JPEG", size=(64, 48)):
    """The bytes of a picture of mostly that colour, another for every seed."""
    noise = np.random.default_rng(seed).integers(-25, 26, (*reversed(size), 3))
    pixels = np.clip(np.array(COLOURS[colour]) + noise, 0, 255).astype(np.uint8)
    out = BytesIO()
    Picture.fromarray(pixels).save(out, kind)
    return out.getvalue()


@cache
def colour_model(labels=tuple(COLOURS), sharpness=8.0):
    """The bytes of a real model that says of which of red, green and blue a picture has most.

    With labels in another order it is wrong; a higher `sharpness` makes it surer, and another file.
    """
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels", "axes"], ["means"], keepdims=0),
        helper.make_node("Div", ["means", "full"], ["embedding"]),
        helper.make_node("Mul", ["embedding", "sharpness"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("Softmax", ["embedding"], ["raw_probabilities"], axis=1),
    ]
    constants = [
        helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3]),
        helper.make_tensor("full", TensorProto.FLOAT, [], [255.0]),
        helper.make_tensor("sharpness", TensorProto.FLOAT, [], [sharpness]),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info(contract.INPUT, TensorProto.UINT8, ["N", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 3]) for name in contract.OUTPUTS],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    card = contract.ModelCard(tuple(labels), Preprocessing(size=SIZE), 1 / sharpness, "colours")
    helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model)
    return model.SerializeToString()


class ModelVersionFactory(factory.django.DjangoModelFactory):
    """A row whose file is really kept; `content=colour_model(sharpness=3.0)` for another file."""

    class Meta:
        model = ModelVersion

    class Params:
        content = None

    project = factory.SubFactory(ProjectFactory)
    number = factory.Sequence(lambda number: number + 1)
    runtime = ModelRuntime.ONNX.value
    stage = Stage.CANDIDATE.value
    labels = factory.LazyFunction(lambda: list(COLOURS))
    key = factory.LazyAttribute(
        lambda made: default_storage.save(
            f"models/{made.number}.onnx", ContentFile(made.content or colour_model())
        )
    )


class CaptureFactory(factory.django.DjangoModelFactory):
    """A pending capture of an image that is a row alone; see `capture_of` for one with real bytes."""

    class Meta:
        model = Capture

    project = factory.SubFactory(ProjectFactory)
    image = factory.SubFactory(ImageFactory, project=factory.SelfAttribute("..project"))
    source = factory.SubFactory(SourceFactory, project=factory.SelfAttribute("..project"))
    captured_at = factory.LazyFunction(timezone.now)


class PredictionFactory(factory.django.DjangoModelFactory):
    """A prediction as it stands in the table, of a capture that is predicted."""

    class Meta:
        model = Prediction

    capture = factory.SubFactory(CaptureFactory, state="predicted")
    project = factory.SelfAttribute("capture.project")
    model = factory.SubFactory(ModelVersionFactory, project=factory.SelfAttribute("..project"))
    value = factory.LazyFunction(lambda: {"label": "red"})
    scores = factory.LazyFunction(lambda: {"red": 0.9, "green": 0.06, "blue": 0.04})
    confidence = 0.9
    raw_confidence = 0.8
    uncertainty = 0.35
    latency_ms = 1.0


def colour_project(champion=True, **fields):
    """A project that asks for the colour, with a source and, unless told otherwise, a serving model."""
    project = project_with(labels=tuple(COLOURS), **fields)
    project_created.send(sender=type(project), project=project)
    SourceFactory(project=project)
    if champion:
        ModelVersionFactory(project=project, stage=Stage.CHAMPION.value)
    return project


def capture_of(project, data, **fields):
    """A pending capture of these bytes, kept as they are, whether or not they are an image."""
    source = Source.objects.filter(project=project).first()
    try:
        image, _ = images.store(project=project, data=data, source=source)
    except ValueError:
        image = ImageFactory(project=project)
        default_storage.save(image.key, ContentFile(data))
    return CaptureFactory(project=project, image=image, source=source, **fields)


def colour_manifest(project, train=8, val=2, test=4, wrong=0):
    """The storage key of a frozen manifest of so many pictures a colour; `wrong` test pictures are mislabelled."""
    rows = []
    for colour in COLOURS:
        splits = ["train"] * train + ["val"] * val + ["test"] * test
        for seed, split in enumerate(splits):
            image, _ = images.store(project=project, data=coloured(colour, seed))
            rows.append(ManifestRow(image.sha256, image.key, {"label": colour}, split))
    for i, row in [each for each in enumerate(rows) if each[1].split == "test"][:wrong]:
        other = "blue" if row.value["label"] == "red" else "red"
        rows[i] = replace(row, value={"label": other})
    manifest = Manifest("classification", tuple(COLOURS), tuple(rows))
    return default_storage.save(f"manifests/{uuid4()}.ndjson", ContentFile(write(manifest)))
