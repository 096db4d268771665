"""Learning new labels from a base without losing the old ones, a head alone in seconds, and going on after a kill."""

import dataclasses
import hashlib
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from inference.domain.reservoir import reservoir
from inference.runtimes import load
from inference.training import checkpoint, quick
from inference.training.distillation import Teacher
from inference.training.examples import learned_from
from inference.training.guarding import shift_for
from inference.training.head import fit_head
from inference.training.options import TrainingCancelled, TrainingOptions, TrainingRefused, TrainingRow
from inference.training.trainer import train

COLOURS = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200), "grey": (120, 120, 120)}
OLD, NEW = ("red", "green"), ("blue", "grey")
QUICK = TrainingOptions(size=16, steps=40, batch_size=16, seed=1, flip=False)


def painted(labels, is_old, train=12, val=6, test=12):
    """Rows of so many noisy pictures of each colour, and their bytes."""
    random = np.random.default_rng(len(labels) + is_old)
    rows, files = [], {}
    for label in labels:
        for split in ["train"] * train + ["val"] * val + ["test"] * test:
            pixels = np.clip(np.array(COLOURS[label]) + random.normal(0, 60, (16, 16, 3)), 0, 255)
            out = BytesIO()
            Image.fromarray(pixels.astype(np.uint8)).save(out, "PNG")
            sha256 = hashlib.sha256(out.getvalue()).hexdigest()
            files[sha256] = out.getvalue()
            rows.append(TrainingRow(sha256, label, split, 1.0, is_old))
    return rows, files


@pytest.fixture(scope="module")
def old():
    return painted(OLD, is_old=True)


@pytest.fixture(scope="module")
def both(old):
    new = painted(NEW, is_old=False)
    return old[0] + new[0], old[1] | new[1]


@pytest.fixture(scope="module")
def base(old, tmp_path_factory):
    return run(old, OLD, QUICK, tmp_path_factory.mktemp("base")).state_path


def run(data, labels, options, out, **more):
    callbacks = {"on_progress": lambda progress: None, "should_stop": lambda: False} | more
    return train(rows=data[0], labels=labels, options=options, read=data[1].__getitem__, out=out, **callbacks)


def recall(made, labels):
    found = [made.metrics["test"]["per_label"][label]["recall"] for label in labels]
    return sum(found) / len(found)


def test_replay_and_distillation_keep_what_a_naive_fine_tuning_forgets(both, base, tmp_path):
    options = dataclasses.replace(QUICK, base=base, steps=60, replay_per_label=6)
    kept = run(both, OLD + NEW, options, tmp_path / "kept")
    naive = run(both, OLD + NEW, dataclasses.replace(options, method="naive"), tmp_path / "naive")
    assert recall(kept, OLD) >= 0.9
    assert recall(kept, NEW) >= 0.75
    assert recall(naive, OLD) <= 0.6


def test_distillation_alone_pulls_the_model_to_its_base(both, base):
    teacher = Teacher(base, ("blue", "green", "red"), dataclasses.replace(QUICK, base=base))
    images = torch.rand(8, 3, 16, 16)
    agreeing = torch.zeros(8, 3)
    agreeing[:, teacher.old] = teacher.logits(images)
    assert teacher.loss(images, agreeing).item() == pytest.approx(0, abs=1e-6)
    # What the base does not know is not compared; what it knows is.
    assert teacher.loss(images, agreeing + torch.tensor([5.0, 0, 0])).item() == pytest.approx(0, abs=1e-5)
    assert teacher.loss(images, agreeing + torch.tensor([0.0, 3.0, 0])).item() > 0.01
    off = Teacher(base, ("blue", "green", "red"), dataclasses.replace(QUICK, base=base, distillation=0.0))
    assert off.loss(images, agreeing + torch.tensor([0.0, 3.0, 0])).item() == 0


def test_new_labels_may_win_nothing_that_old_ones_had():
    truth = np.array([0, 0, 1, 2, 2, 2])
    base = np.array([[2.0, 0], [2, 0], [0, 2], [0, 0], [0, 0], [0, 0]])
    logits = np.array([[2, 0, 2.5], [2, 0, 0], [0, 2, 0], [0, 0, 3], [0, 0, 3], [0, 0, 3.0]])
    assert shift_for(logits, base, truth, [0, 1], [2]) == pytest.approx(0.5, abs=0.06)
    # What the base had wrong is nobody's loss.
    assert shift_for(logits, base[:, ::-1], truth, [0, 1], [2]) == 0
    # It would cost all of the new ones: no further than to where they are kept.
    logits[0, 2] = 9
    assert shift_for(logits, base, truth, [0, 1], [2]) == pytest.approx(3, abs=0.06)
    assert shift_for(logits[:3], base[:3], truth[:3], [0, 1], [2]) == 0
    # Of two hundred, two may go.
    many = np.tile([[0, 0, 0.0]], (203, 1))
    many[:200, 0], many[:3, 2], many[200:, 2] = 2, (2.5, 3.5, 4.5), 9
    known, of = np.tile([[2.0, 0]], (203, 1)), np.repeat([0, 2], [200, 3])
    assert shift_for(many, known, of, [0, 1], [2]) == pytest.approx(0.5, abs=0.06)


def test_a_head_alone_learns_new_labels_from_stored_embeddings(both, base, tmp_path, monkeypatch):
    first = run(both, OLD + NEW, dataclasses.replace(QUICK, base=base, method="head"), tmp_path / "first")
    assert recall(first, OLD + NEW) >= 0.75
    decoded = []
    whole = quick.decode
    monkeypatch.setattr(quick, "decode", lambda rows, *rest: decoded.extend(rows) or whole(rows, *rest))
    runtime = load("onnx", first.model_path)
    known = {}
    for row in both[0]:
        pixels = np.asarray(Image.open(BytesIO(both[1][row.sha256]))).transpose(2, 0, 1)[None]
        known[row.sha256] = runtime.predict(pixels).embeddings[0]
    options = dataclasses.replace(QUICK, base=base, method="head")
    again = run(both, OLD + NEW, options, tmp_path / "again", embedding=known.get)
    # Only those by which the exported file is proved.
    assert len(decoded) == quick.SAMPLE
    assert again.metrics["test"]["accuracy"] == pytest.approx(first.metrics["test"]["accuracy"], abs=0.05)
    weights = [torch.load(path, weights_only=True)["weights"] for path in (base, again.state_path)]
    backbones = [{name: w for name, w in each.items() if not name.startswith("head")} for each in weights]
    assert all(torch.equal(backbones[0][name], backbones[1][name]) for name in backbones[0])


def test_a_head_gives_a_rare_label_as_much_weight_as_a_common_one():
    random = np.random.default_rng(0)
    points = np.concatenate([random.normal(0, 1, (400, 2)), random.normal(1, 1, (20, 2))])
    labels = np.repeat([0, 1], [400, 20])
    weight, bias = fit_head(points, labels, 2)
    said = (points @ weight.T + bias).argmax(axis=1)
    assert (said[labels == 1] == 1).mean() > 0.6
    assert (said[labels == 0] == 0).mean() > 0.6


class Kept:
    """Checkpoints in memory."""

    def __init__(self):
        self.content = None

    def read(self):
        return self.content

    def write(self, content):
        self.content = content


class Killed(Exception):
    pass


@pytest.fixture
def kept_always(monkeypatch):
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", 0.0)


def killed_at(fraction):
    def tell(progress):
        if progress.fraction >= fraction:
            raise Killed

    return tell


def test_a_fine_tuning_killed_in_the_middle_goes_on_to_the_very_same_end(both, base, tmp_path, kept_always):
    options = dataclasses.replace(QUICK, base=base, steps=20, replay_per_label=6)
    whole = run(both, OLD + NEW, options, tmp_path / "whole")
    checkpoints, steps = Kept(), []
    with pytest.raises(Killed):
        run(both, OLD + NEW, options, tmp_path / "cut", checkpoints=checkpoints, on_progress=killed_at(0.5))
    content = checkpoints.content
    stopping = iter(range(1000))
    # Ten more steps are asked whether to stop; from the beginning it would be twenty.
    again = run(
        both,
        OLD + NEW,
        options,
        tmp_path / "again",
        checkpoints=checkpoints,
        on_progress=steps.append,
        should_stop=lambda: next(stopping) < 0,
    )
    asked_of_images = len(both[0])
    assert next(stopping) <= asked_of_images + 10
    assert [step.fraction for step in steps] == [point["step"] / 20 for point in whole.curve]
    assert again.sha256 == whole.sha256
    # Another run's checkpoint is none, and neither is half of one.
    for broken in (content, content[:1000]):
        checkpoints.content = broken
        other = dataclasses.replace(options, seed=2 if broken is content else 1)
        fresh = run(
            both, OLD + NEW, dataclasses.replace(other, steps=2), tmp_path / "other", checkpoints=checkpoints
        )
        assert len(fresh.curve) == 2


def test_who_is_told_to_stop_keeps_where_it_was(both, base, tmp_path):
    checkpoints, asked = Kept(), iter(range(10_000))
    options = dataclasses.replace(QUICK, base=base)
    with pytest.raises(TrainingCancelled):
        run(
            both,
            OLD + NEW,
            options,
            tmp_path,
            checkpoints=checkpoints,
            should_stop=lambda: next(asked) > len(both[0]) + 5,
        )
    assert checkpoints.content is not None
    assert not list(tmp_path.iterdir())


def rows(counts, is_old=True):
    return [
        TrainingRow(f"{label}{i}", label, "train", 1.0, is_old)
        for label, n in counts.items()
        for i in range(n)
    ]


def test_a_reservoir_holds_as_many_of_each_label_whatever_their_order():
    given = [(row.sha256, row.label) for row in rows({"common": 500, "rare": 7, "other": 40})]
    held = reservoir(given, 20)
    assert held == reservoir(given[::-1], 20)
    counted = {label: sum(key.startswith(label) for key in held) for label in ("common", "rare", "other")}
    assert counted == {"common": 20, "rare": 7, "other": 20}
    assert held != reservoir(given, 20, seed=1)
    assert reservoir(given, 0) == set()


def test_a_reservoir_only_gives_way_to_what_is_new():
    given = [(row.sha256, row.label) for row in rows({"common": 100})]
    before, after = reservoir(given[:60], 20), reservoir(given, 20)
    assert after - before <= {key for key, _ in given[60:]}


def test_every_example_is_as_likely_to_stay():
    given = [(f"image {i}", "label") for i in range(50)]
    held = np.array([[key in reservoir(given, 10, seed) for key, _ in given] for seed in range(400)])
    # Binomial with a share of 0.2: four standard deviations.
    assert np.abs(held.mean(axis=0) - 0.2).max() < 0.08


def test_each_method_learns_from_its_rows(tmp_path):
    old_rows, new_rows = rows({"a": 30, "b": 5}), rows({"c": 9, "d": 9}, is_old=False)
    given = old_rows + new_rows
    options = TrainingOptions(base=tmp_path, replay_per_label=10)
    replayed = learned_from(given, options)
    assert [row.label for row in replayed].count("a") == 10
    assert [row.label for row in replayed].count("b") == 5
    assert set(new_rows) <= set(replayed)
    assert learned_from(given, dataclasses.replace(options, method="naive")) == new_rows
    assert learned_from(given, dataclasses.replace(options, method="head")) == given
    assert learned_from(given, TrainingOptions()) == given
    with pytest.raises(TrainingRefused, match="new examples alone"):
        learned_from(old_rows, dataclasses.replace(options, method="naive"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"method": "ewc"}, "method must be one of scratch, replay, naive, head"),
        ({"distillation": -1}, "distillation must be"),
        ({"distillation_temperature": 0}, "distillation_temperature"),
        ({"replay_per_label": -1}, "replay_per_label"),
    ],
)
def test_options_of_fine_tuning_name_what_is_out_of_range(values, words):
    with pytest.raises(ValueError, match=words):
        TrainingOptions.from_json(values)


def test_a_method_and_a_base_go_together(tmp_path):
    assert TrainingOptions().way == "scratch"
    assert TrainingOptions(base=tmp_path).way == "replay"
    with pytest.raises(TrainingRefused, match="leave the base out"):
        _ = TrainingOptions(method="scratch", base=tmp_path).way
    with pytest.raises(TrainingRefused, match="goes on from a base"):
        _ = TrainingOptions(method="head").way
