"""Numbers of an image's context told to a model: the same everywhere, declared in its file, and worth having."""

import dataclasses
import hashlib
import io
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
import torch
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image as Picture

from inference.domain.manifest import Manifest, ManifestRow, write
from inference.domain.readings import check_names, readings_of, standard
from inference.edge.deciding import _opinion
from inference.enums import RunState
from inference.foreign.narrowing import narrow
from inference.imaging import to_array
from inference.models import Prediction
from inference.runtimes import RuntimeRefused, contract, load
from inference.runtimes.averaging import Ensemble
from inference.services import training
from inference.services.loaded import LoadedModels
from inference.services.models import set_champion
from inference.services.predicting import predict
from inference.services.profiling import profile_file
from inference.services.trainers import TrainingRefused as Refused
from inference.training.adversarial import perturbed
from inference.training.architectures import build
from inference.training.examples import Examples
from inference.training.options import TrainingOptions, TrainingRefused, TrainingRow
from inference.training.steps import ClassifierSteps
from inference.training.trainer import train
from labeling.services import images
from tests.factories.inference import capture_of, colour_project, coloured
from tests.inference.test_training_service import ask

LABELS = ("off", "on")
NAMES = ("kelvin",)
BRIEF = TrainingOptions(size=16, steps=60, batch_size=16, seed=1, patience=None, context=NAMES)


def same_looking(count=40):
    """Grey pictures, whose label only the reading tells: on where it is warm, unknown of every eighth."""
    rows, files = [], {}
    for number in range(count):
        pixels = np.full((16, 16, 3), 128, dtype=np.uint8)
        pixels[0, 0] = number
        out = io.BytesIO()
        Picture.fromarray(pixels).save(out, "PNG")
        sha256 = hashlib.sha256(out.getvalue()).hexdigest()
        files[sha256] = out.getvalue()
        is_on = number % 2 == 0
        reading = math.nan if number % 8 == 7 else 290.0 + (10 if is_on else -10)
        split = "test" if number % 4 < 2 and number >= count // 2 else "train"
        rows.append(TrainingRow(sha256, LABELS[is_on], split, readings=(reading,)))
    return rows, files


def run(data, out, options=BRIEF, **others):
    rows, files = data
    return train(
        rows=rows,
        labels=LABELS,
        options=options,
        read=files.__getitem__,
        out=out,
        on_progress=lambda progress: None,
        should_stop=lambda: False,
        **others,
    )


@pytest.fixture(scope="module")
def data():
    return same_looking()


@pytest.fixture(scope="module")
def told(data, tmp_path_factory):
    return run(data, tmp_path_factory.mktemp("told"))


def test_readings_are_numbers_and_nothing_else():
    context = {"a": 3, "b": 2.5, "c": "7", "d": True, "e": None, "f": math.inf, "g": 10**400, "h": {"a": 1}}
    found = readings_of(context, [*context, "absent"])
    assert found.dtype == np.float32
    assert found[:2].tolist() == [3.0, 2.5]
    assert np.isnan(found[2:]).all()
    assert readings_of({}, ()).shape == (0,)


def test_standards_leave_out_what_is_missing():
    mean, deviation = standard(np.array([[1.0, 5.0, np.nan], [3.0, 5.0, np.nan], [np.nan, 5.0, np.nan]]))
    assert mean[:2].tolist() == [2.0, 5.0]
    assert deviation[:2].tolist() == [1.0, 1.0]
    assert np.isnan(mean[2])


@pytest.mark.parametrize("names", ["kelvin", [""], ["a", "a"], [3], ["x" * 81], [str(n) for n in range(33)]])
def test_names_that_cannot_be_are_refused(names):
    with pytest.raises(ValueError, match="context must"):
        check_names(names)


def test_a_model_learns_from_readings_what_pixels_do_not_show(data, told, tmp_path):
    assert told.metrics["test"]["accuracy"] == 1.0
    rows = [dataclasses.replace(row, readings=()) for row in data[0]]
    blind = run((rows, data[1]), tmp_path, dataclasses.replace(BRIEF, context=()))
    assert blind.metrics["test"]["accuracy"] < 0.75


def test_serving_takes_the_readings_that_training_took(data, told):
    runtime = load("onnx", told.model_path)
    assert runtime.context == NAMES
    card = contract.ModelCard.from_metadata(
        {each.key: each.value for each in onnx.load(told.model_path).metadata_props}
    )
    seen = [row.readings[0] for row in data[0] if row.split == "train" and not math.isnan(row.readings[0])]
    assert abs(card.means[0] - 290) < 5
    assert min(seen) <= card.means[0] <= max(seen)
    picture = to_array(next(iter(data[1].values())), runtime.preprocessing)
    batch = np.stack([picture] * 3)
    given = np.stack(
        [readings_of(each, NAMES) for each in ({"kelvin": 300}, {"kelvin": 280.0}, {"kelvin": "300"})]
    )
    warm, cold, unknown = runtime.predict(batch, given).probabilities[:, 1]
    assert warm > 0.8 > 0.2 > cold
    assert cold < unknown < warm
    # Of somebody who does not know of readings at all, all of them are missing.
    assert runtime.predict(batch).probabilities[0, 1] == pytest.approx(unknown, abs=1e-6)
    with pytest.raises(ValueError, match=r"readings must be float32 \[3, 1\]"):
        runtime.predict(batch, given.astype(np.float64))
    assert runtime.look(batch).shape[0] == 3
    both = Ensemble([runtime, runtime])
    assert both.predict(batch, given).probabilities[:, 1] == pytest.approx([warm, cold, unknown], abs=1e-6)


def test_a_file_whose_graph_and_card_disagree_is_refused(told):
    model = onnx.load(told.model_path)
    props = {each.key: each.value for each in model.metadata_props}
    bare = {key: value for key, value in props.items() if key != "vouch.context"}
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, bare)
    with pytest.raises(RuntimeRefused, match="one input must be uint8 'images'"):
        load("onnx", model.SerializeToString())
    for wrong in ('{"names": []}', "[]", '{"names": ["a"], "means": [1], "deviations": [0]}', "{"):
        with pytest.raises(RuntimeRefused, match=r"vouch\.context"):
            contract.ModelCard.from_metadata({**bare, "vouch.context": wrong})


def test_what_profiles_a_model_tells_it_the_same_and_what_cannot_says_so(data, told, tmp_path):
    rows, files = data
    known = [row for row in rows if not math.isnan(row.readings[0])]
    pictures = np.stack([to_array(files[row.sha256], told.preprocessing) for row in known])
    made = profile_file(
        files=[told.model_path],
        judged=pictures,
        truth=[row.label for row in known],
        contexts=[{"kelvin": row.readings[0]} for row in known],
        each=0.01,
    )
    fp32 = made.profile["precisions"]["fp32"]
    assert fp32["right"] == fp32["labelled"] == len(known)
    assert "told readings" in " ".join(made.profile["notes"])
    np.save(tmp_path / "pictures.npy", pictures)
    with pytest.raises(RuntimeRefused, match="told kelvin beside the picture"):
        narrow({"paths": [str(told.model_path)], "pictures": str(tmp_path / "pictures.npy")})


def test_a_later_run_goes_on_with_the_same_readings_only(data, told, tmp_path):
    gentle = dataclasses.replace(BRIEF, base=told.state_path, method="replay", steps=2, learning_rate=1e-6)
    assert run(data, tmp_path / "on", gentle).metrics["test"]["accuracy"] == 1.0
    rows = [dataclasses.replace(row, readings=()) for row in data[0]]
    with pytest.raises(TrainingRefused, match=r"The base is told the readings \['kelvin'\]"):
        run((rows, data[1]), tmp_path / "off", dataclasses.replace(gentle, context=()))


def test_a_reading_that_nobody_has_is_named(data, tmp_path):
    rows = [dataclasses.replace(row, readings=(math.nan,)) for row in data[0]]
    with pytest.raises(TrainingRefused, match="No training image has a number under kelvin"):
        run((rows, data[1]), tmp_path)


def test_adversarial_pictures_are_worse_and_look_the_same():
    torch.manual_seed(0)
    model = build("small_resnet", labels=2, size=16).train()
    images, labels = torch.rand(8, 3, 16, 16), torch.tensor([0, 1] * 4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    worse = perturbed(model, images, labels, 4 / 255, None)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert (worse - images).abs().max() <= 4 / 255 + 1e-6
    assert worse.min() >= 0
    assert worse.max() <= 1
    model.eval()
    losses = [torch.nn.functional.cross_entropy(model(each), labels) for each in (images, worse)]
    assert losses[1] > losses[0]


@pytest.mark.parametrize(("share", "changed"), [(0.0, 0), (0.25, 2)])
def test_no_more_than_the_share_of_a_batch_is_made_up(share, changed, monkeypatch):
    torch.manual_seed(0)
    options = TrainingOptions(size=16, batch_size=8, adversarial=share)
    train_set = Examples(
        torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8), torch.tensor([0, 1] * 4), np.ones(8)
    )
    made = []

    def counted(model, images, *others):
        made.append(len(images))
        return perturbed(model, images, *others)

    monkeypatch.setattr("inference.training.steps.perturbed", counted)
    ClassifierSteps(build("small_resnet", labels=2, size=16), train_set, options, None).take()
    assert sum(made) == changed


@pytest.mark.parametrize(
    "values", [{"adversarial": 0.6}, {"adversarial": True}, {"adversarial_step": 0}, {"context": "kelvin"}]
)
def test_options_out_of_range_are_named(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        TrainingOptions.from_json(values)


@pytest.mark.django_db
def test_a_capture_s_own_context_is_told_to_the_model_that_serves():
    project = colour_project()
    rows = []
    for seed in range(24):
        image, _ = images.store(
            project=project, data=coloured("red", seed), context={"kelvin": 280 + seed % 2 * 20}
        )
        label = ("green", "blue")[seed % 2]
        split = "test" if seed >= 18 else "train"
        rows.append(ManifestRow(image.sha256, image.key, {"label": label}, split, context=image.context))
    key = default_storage.save(
        "manifests/told.ndjson",
        ContentFile(write(Manifest("classification", ("green", "blue"), tuple(rows)))),
    )
    wished = {"size": 16, "steps": 60, "batch_size": 8, "patience": None, "context": ["kelvin"]}
    ended = training.run(ask(project, wished, key=key).pk)
    assert (ended.state, ended.error) == (RunState.SUCCEEDED, "")
    assert ended.model.evaluations.get().metrics["accuracy"] == 1.0
    set_champion(project=project, model=ended.model)
    captures = {
        kelvin: capture_of(project, coloured("red", 90 + kelvin), context={"kelvin": kelvin})
        for kelvin in (280, 300)
    }
    served = LoadedModels(threads=1).get(ended.model)
    with ThreadPoolExecutor(1) as workers:
        predict(project_id=project.pk, served=served, workers=workers)
    said = {k: Prediction.objects.get(capture=c).value["label"] for k, c in captures.items()}
    assert said == {280: "green", 300: "blue"}

    class Champion:
        runtime, known, calibration = served.runtime, None, None

    for kelvin, label in said.items():
        opinion, _ = _opinion(Champion, coloured("red", 90 + kelvin), {"kelvin": kelvin})
        assert opinion.value == {"label": label}
    with pytest.raises(Refused, match="say nothing of the context"):
        ask(project, {**wished, "method": "head"}, base=ended.model)
