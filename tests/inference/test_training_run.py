"""A whole training run: it learns, reports, repeats itself, stops when told, and starts from another."""

import dataclasses

import numpy as np
import pytest
import torch

from inference.imaging import to_array
from inference.runtimes import load
from inference.training.options import (
    Progress,
    TrainedModel,
    TrainingCancelled,
    TrainingOptions,
    TrainingRefused,
    TrainingRow,
)
from inference.training.trainer import train
from tests.inference.training_data import LABELS, labelled

QUICK = TrainingOptions(size=32, steps=60, batch_size=16, seed=3)


def run(data, out, options=QUICK, labels=LABELS, **callbacks) -> TrainedModel:
    rows, files = data
    settings = {"on_progress": lambda progress: None, "should_stop": lambda: False} | callbacks
    return train(rows=rows, labels=labels, options=options, read=files.__getitem__, out=out, **settings)


@pytest.fixture(scope="module")
def data():
    return labelled(train=12, val=6, test=8)


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory) -> tuple[TrainedModel, list[Progress]]:
    """One run and what it reported on the way."""
    reports: list[Progress] = []
    return run(data, tmp_path_factory.mktemp("run"), on_progress=reports.append), reports


def test_it_learns_what_serving_then_tells(data, finished):
    rows, files = data
    model, _ = finished
    runtime = load("onnx", model.model_path)
    test = [row for row in rows if row.split == "test"]
    scores = runtime.predict(np.stack([to_array(files[row.sha256], runtime.preprocessing) for row in test]))
    told = [runtime.labels[i] for i in scores.probabilities.argmax(axis=1)]
    accuracy = np.mean([label == row.label for label, row in zip(told, test, strict=True)])
    assert accuracy >= 0.8
    assert model.metrics["test"]["accuracy"] == pytest.approx(accuracy)
    assert model.metrics["test"]["count"] == len(test)
    assert model.metrics["val"]["count"] == 18
    assert (runtime.labels, runtime.temperature) == (LABELS, model.temperature)


def test_progress_grows_and_ends(finished):
    model, reports = finished
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert len(fractions) == len(set(fractions)) == len(model.curve)
    assert fractions[-1] == 1 or model.ended != "budget used"
    assert all(0 <= report.val_accuracy <= 1 and report.val_loss > 0 for report in reports)
    assert reports[-1].eta_seconds < reports[0].eta_seconds + reports[-1].seconds_elapsed
    assert reports[-1].train_loss < reports[0].train_loss


def test_the_same_seed_gives_the_same_file_and_another_does_not(data, tmp_path):
    short = dataclasses.replace(QUICK, steps=6)
    first, again = run(data, tmp_path / "a", short), run((data[0][::-1], data[1]), tmp_path / "b", short)
    other = run(data, tmp_path / "c", dataclasses.replace(short, seed=4))
    assert first.model_path.read_bytes() == again.model_path.read_bytes()
    assert first.sha256 == again.sha256 != other.sha256


def test_it_leaves_torch_as_it_found_it(data, tmp_path):
    torch.manual_seed(11)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    run(data, tmp_path, dataclasses.replace(QUICK, steps=2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_it_starts_from_a_base_and_makes_room_for_a_new_label(data, finished, tmp_path):
    base = finished[0].state_path
    gentle = dataclasses.replace(QUICK, base=base, steps=1, learning_rate=1e-6)
    again = run(data, tmp_path / "again", gentle)
    assert again.metrics["test"]["accuracy"] >= 0.8
    extended = run(data, tmp_path / "extended", gentle, labels=("bar", "new", "frame", "disc"))
    assert extended.metrics["test"]["accuracy"] >= 0.5
    assert load("onnx", extended.model_path).labels == ("bar", "new", "frame", "disc")


def test_it_refuses_a_base_that_is_not_one(data, tmp_path):
    (tmp_path / "odd.pt").write_bytes(b"not a state file")
    with pytest.raises(TrainingRefused, match=r"odd\.pt is not a state file"):
        run(data, tmp_path, dataclasses.replace(QUICK, base=tmp_path / "odd.pt"))
    with pytest.raises(TrainingRefused, match="not a state file"):
        run(data, tmp_path, dataclasses.replace(QUICK, base=tmp_path / "absent.pt"))


def test_it_stops_when_told_and_writes_nothing(data, tmp_path):
    reports: list[Progress] = []
    with pytest.raises(TrainingCancelled):
        run(
            data,
            tmp_path / "out",
            on_progress=reports.append,
            should_stop=lambda: len(reports) >= 2,
        )
    assert len(reports) == 2
    assert not (tmp_path / "out").exists()


def test_a_run_that_diverges_says_so(data, tmp_path):
    with pytest.raises(TrainingRefused, match="lower learning rate"):
        run(data, tmp_path / "out", dataclasses.replace(QUICK, learning_rate=1e30))
    assert not (tmp_path / "out").exists()


def test_it_ends_at_its_limit_of_seconds_with_what_it_has(data, tmp_path):
    model = run(data, tmp_path, dataclasses.replace(QUICK, max_seconds=1e-3))
    assert model.ended == "out of time"
    assert len(model.curve) == 1
    assert load("onnx", model.model_path).labels == LABELS


def test_without_validation_images_it_sets_some_aside(tmp_path):
    model = run(labelled(train=12), tmp_path, dataclasses.replace(QUICK, steps=4))
    assert model.metrics["val"]["count"] == 6
    assert "test" not in model.metrics


def test_with_hardly_any_images_it_trains_on_all_and_calibrates_on_none(tmp_path):
    model = run(labelled(train=2), tmp_path, dataclasses.replace(QUICK, steps=4))
    assert model.metrics == {}
    assert model.temperature == 1.0
    assert model.ended == "budget used"


def test_it_refuses_rows_that_cannot_be_trained_on(data, tmp_path):
    rows, files = data
    with pytest.raises(TrainingRefused, match="at least two labels"):
        run(([row for row in rows if row.label == "disc"], files), tmp_path)
    with pytest.raises(TrainingRefused, match="not told of: bar"):
        run(data, tmp_path, labels=("disc", "frame"))
    with pytest.raises(TrainingRefused, match="two or more different labels"):
        run(data, tmp_path, labels=("disc", "disc"))
    broken = [*rows, TrainingRow("f" * 64, "disc", "train")]
    with pytest.raises(TrainingRefused, match=f"Image {'f' * 64} cannot be read: .*not an image"):
        run((broken, files | {"f" * 64: b"text"}), tmp_path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"steps": 0}, "steps"),
        ({"batch_size": 1}, "batch_size"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"steps": "900"}, "steps must be a whole number"),
        ({"seed": None}, "seed"),
        ({"flip": "no"}, "flip"),
        ({"architecture": 3}, "architecture"),
        ({"size": 7}, "size"),
        ({"epochs": 3}, "epochs"),
    ],
)
def test_options_name_what_is_out_of_range(values, words):
    with pytest.raises(ValueError, match=words):
        TrainingOptions.from_json(values)


def test_options_survive_json(tmp_path):
    options = dataclasses.replace(QUICK, base=tmp_path / "state.pt")
    assert TrainingOptions.from_json(options.to_json()) == options
    assert TrainingOptions.from_json({}) == TrainingOptions()
