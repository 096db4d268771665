"""The parts of a detector's run: what it is to say of boxes, how these move, what it finds, and how a run goes on."""

import dataclasses

import numpy as np
import pytest
import torch

from inference.domain.platt import fit_line
from inference.imaging import to_array
from inference.runtimes import load
from inference.runtimes.contract import ModelCard
from inference.training.detection.examples import NOTHING, Pictures, decode, learned_from, split_rows
from inference.training.detection.export import Served, check_parity, to_onnx
from inference.training.detection.moving import moved
from inference.training.detection.network import ARCHITECTURE, MOST_THINGS, Maps, build, decoded
from inference.training.detection.targets import loss_of, targets
from inference.training.detection.trainer import train
from inference.training.options import BoxRow, KnownBox, TrainingCancelled, TrainingOptions, TrainingRefused
from tests.inference.shelves import SIZE, THINGS, shelf, shelves

BRIEF = TrainingOptions(architecture=ARCHITECTURE, size=32, steps=8, batch_size=4, seed=3, patience=None)
GRID = 16


class Kept:
    """Checkpoints in memory."""

    def __init__(self):
        self.content = None

    def read(self):
        return self.content

    def write(self, content):
        self.content = content


def run(data, out, options=BRIEF, labels=THINGS, **callbacks):
    rows, files = data
    settings = {"on_progress": lambda progress: None, "should_stop": lambda: False} | callbacks
    return train(rows=rows, labels=labels, options=options, read=files.__getitem__, out=out, **settings)


def perfect(boxes, labels, classes=2):
    """Maps that say of each cell just what the targets want of it, as sure as can be."""
    wanted = targets([boxes], [labels], classes=classes, grid=GRID)
    heat = torch.logit(wanted.heat, eps=1e-4)
    return Maps(heat, wanted.offset, wanted.size), wanted


@pytest.fixture(scope="module")
def data():
    return shelves(train=12, val=4, test=4)


BOXES = torch.tensor([[0.1, 0.1, 0.4, 0.3], [0.5, 0.5, 0.95, 0.9], [0.6, 0.05, 0.7, 0.2]])
KINDS = torch.tensor([0, 1, 0])


def test_boxes_come_back_from_their_own_targets():
    maps, wanted = perfect(BOXES, KINDS)
    boxes, logits, labels = decoded(maps)
    assert boxes.shape == (1, MOST_THINGS, 4)
    order = boxes[0, :3, 0].argsort()
    assert boxes[0, order].numpy() == pytest.approx(BOXES[BOXES[:, 0].argsort()].numpy(), abs=1e-5)
    assert labels[0, order].tolist() == KINDS[BOXES[:, 0].argsort()].tolist()
    # One peak a thing: what comes next is no peak at all.
    assert torch.sigmoid(logits[0, :3]).min() > 0.99
    assert torch.sigmoid(logits[0, 3]) < 0.01
    assert wanted.weight.sum() == pytest.approx(3, abs=1e-4)


def test_of_two_labels_in_one_cell_the_likelier_is_given_out():
    heat = torch.full((1, 2, GRID, GRID), -9.0)
    heat[0, :, 5, 5] = torch.tensor([1.0, 3.0])
    nothing = torch.zeros(1, 2, GRID, GRID)
    _, logits, labels = decoded(Maps(heat, nothing, nothing))
    assert (logits[0, 0], labels[0, 0]) == (3.0, 1)
    assert logits[0, 1] == -9.0


def test_the_loss_is_least_where_the_maps_are_right():
    maps, wanted = perfect(BOXES, KINDS)
    right = loss_of(maps, wanted).item()
    assert right < 0.1
    assert loss_of(dataclasses.replace(maps, size=maps.size + 0.3), wanted).item() == pytest.approx(
        right + 0.6, abs=1e-3
    )
    assert loss_of(dataclasses.replace(maps, heat=torch.zeros_like(maps.heat)), wanted) > right + 1
    empty = targets([torch.zeros(0, 4)], [torch.zeros(0, dtype=torch.int64)], classes=2, grid=GRID)
    assert torch.isfinite(loss_of(maps, empty))


def test_the_smaller_box_has_the_cells_that_two_share():
    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.45, 0.45, 0.55, 0.55]])
    wanted = targets([boxes], [torch.tensor([0, 0])], classes=1, grid=GRID)
    assert wanted.size[0, 0, 8, 8] == pytest.approx(np.log(1.6))
    assert wanted.size[0, 0, 6, 6] == pytest.approx(np.log(16))


@pytest.mark.parametrize("flip", [True, False])
def test_boxes_move_with_what_they_are_around(flip):
    images = torch.zeros(32, 3, 64, 64)
    images[:, :, 20:30, 12:28] = 1.0
    box = torch.tensor([[12 / 64, 20 / 64, 28 / 64, 30 / 64]])
    torch.manual_seed(5)
    changed, boxes, labels = moved(images, [box] * 32, [torch.tensor([1])] * 32, flip=flip)
    sides = set()
    for picture, found, kinds in zip(changed, boxes, labels, strict=True):
        assert kinds.tolist() == [1]
        bright = (picture[0] > 0.75).nonzero()
        seen = [bright[:, 1].min(), bright[:, 0].min(), bright[:, 1].max() + 1, bright[:, 0].max() + 1]
        assert (found[0] * 64).tolist() == pytest.approx([float(each) for each in seen], abs=1.5)
        sides.add(bool(found[0, 0] > 0.5))
    assert sides == ({True, False} if flip else {False})


def test_a_box_that_leaves_the_picture_is_not_learned():
    images = torch.rand(64, 3, 32, 32)
    edge = torch.tensor([[0.0, 0.4, 0.06, 0.6]])
    torch.manual_seed(1)
    _, boxes, labels = moved(images, [edge] * 64, [torch.tensor([0])] * 64, flip=False)
    assert {len(each) for each in boxes} == {0, 1}
    assert [len(each) for each in labels] == [len(each) for each in boxes]
    assert all(((each >= 0) & (each <= 1)).all() for each in boxes)


@pytest.mark.parametrize("resize", ["squash", "letterbox", "crop"])
def test_boxes_are_where_the_decoded_picture_shows_them(resize):
    data, boxes = shelf(3)
    row = BoxRow("a" * 64, tuple(boxes), *SIZE, "train")
    preprocessing = dataclasses.replace(BRIEF.preprocessing, size=96, resize=resize)
    pictures = decode([row], THINGS, preprocessing, lambda sha256: data, lambda: False)
    background = np.median(pictures.images[0].numpy(), axis=(1, 2))[:, None, None]
    apart = np.abs(pictures.images[0].numpy() - background).max(axis=0) > 45
    inside = np.zeros((96, 96), dtype=bool)
    for x1, y1, x2, y2 in (pictures.boxes[0].numpy() * 96).round().astype(int):
        inside[max(0, y1 - 1) : y2 + 1, max(0, x1 - 1) : x2 + 1] = True
        assert apart[y1:y2, x1:x2].mean() > 0.3
    if resize != "letterbox":
        assert apart[~inside].mean() < 0.01


def test_a_rare_label_is_drawn_more_often():
    kinds = [torch.tensor([0])] * 9 + [torch.tensor([1])] + [torch.zeros(0, dtype=torch.int64)]
    boxes = [torch.zeros(len(each), 4) for each in kinds]
    weights = Pictures(torch.zeros(11, 3, 4, 4), boxes, kinds, np.ones(11)).to_draw().weights
    assert weights[9] == pytest.approx((11 / 2) ** 0.5)
    assert weights[0] == weights[10] == 1


def test_replay_keeps_so_many_old_pictures_of_each_label():
    old = [
        BoxRow(f"{n:064x}", (KnownBox(kind, (0, 0, 9, 9)),), 10, 10, "train", is_old=True)
        for n, kind in enumerate(["disc"] * 8 + ["bar"])
    ]
    new = BoxRow("f" * 64, (), 10, 10, "train")
    options = dataclasses.replace(BRIEF, base="base.pt", method="replay", replay_per_label=3)
    kept = learned_from([*old, new], options)
    assert sum(row.is_old for row in kept) == 4
    assert new in kept
    with pytest.raises(TrainingRefused, match="naive finds no box"):
        learned_from([*old, new], dataclasses.replace(options, method="naive"))


def test_without_validation_pictures_some_of_each_kind_are_set_aside():
    rows, _ = shelves(train=24)
    splits = split_rows(rows, THINGS)
    assert 2 <= len(splits["val"]) <= 4
    assert NOTHING not in THINGS


def test_platt_s_line_says_how_often_a_box_is_right():
    random = np.random.default_rng(0)
    logits = random.normal(-1, 2, 20_000)
    right = random.random(20_000) < 1 / (1 + np.exp(-(1.7 * logits + 0.8)))
    assert fit_line(logits, right) == pytest.approx((1.7, 0.8), abs=0.1)
    assert fit_line(logits[:5], np.ones(5, dtype=bool)) == (1.0, 0.0)
    assert fit_line(np.empty(0), np.empty(0, dtype=bool)) == (1.0, 0.0)


def test_the_file_finds_what_torch_finds_and_another_is_refused(data):
    torch.manual_seed(0)
    model = build(ARCHITECTURE, labels=3, size=32).eval()
    torch.nn.init.constant_(model.out.bias[:3], 0.5)
    card = ModelCard(THINGS, BRIEF.preprocessing, 0.5, ARCHITECTURE, "detection", floor=0.2)
    served = Served(model, 2.0, 0.1)
    content = to_onnx(served, card)
    images = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    check_parity(served, content, images)
    runtime = load("onnx", content)
    assert (runtime.task, runtime.floor, runtime.labels) == ("detection", 0.2, THINGS)
    served.intercept = 0.2
    with pytest.raises(TrainingRefused, match="differs from the trained one"):
        check_parity(served, content, images)


def test_a_run_that_is_stopped_goes_on_to_the_same_file(data, tmp_path):
    whole = run(data, tmp_path / "whole")
    kept, seen = Kept(), []
    with pytest.raises(TrainingCancelled):
        run(
            data,
            tmp_path / "half",
            on_progress=seen.append,
            should_stop=lambda: len(seen) > 3,
            checkpoints=kept,
        )
    assert not (tmp_path / "half").exists()
    told = []
    again = run(data, tmp_path / "again", on_progress=told.append, checkpoints=kept)
    assert again.sha256 == whole.sha256
    assert told[: len(seen)] == seen
    assert [round(each.fraction * 8) for each in told] == list(range(1, 9))
    assert all(0 <= each.val_map <= 1 and each.val_accuracy is None for each in told)
    assert whole.metrics["test"]["count"] == 4
    files = data[1]
    runtime = load("onnx", whole.model_path)
    assert (
        len(runtime.detect(np.stack([to_array(f, runtime.preprocessing) for f in list(files.values())[:2]])))
        == 2
    )


def test_a_new_label_starts_afresh_and_the_old_ones_stay(data, tmp_path):
    base = run(data, tmp_path / "base").state_path
    gentle = dataclasses.replace(BRIEF, base=base, steps=1, learning_rate=1e-6)
    run(data, tmp_path / "more", gentle, labels=("bar", "new", "frame", "disc"))
    before = torch.load(base, weights_only=True)["weights"]["out.bias"]
    after = torch.load(tmp_path / "more" / "state.pt", weights_only=True)["weights"]["out.bias"]
    assert after[[3, 0, 2]].tolist() == pytest.approx(before[:3].tolist(), abs=1e-3)
    assert after[4:].tolist() == pytest.approx(before[3:].tolist(), abs=1e-3)


def test_it_refuses_what_it_cannot_train_on(data, tmp_path):
    rows, files = data
    with pytest.raises(TrainingRefused, match="not told of: frame"):
        run(data, tmp_path, labels=("disc", "bar"))
    bare = [dataclasses.replace(row, boxes=()) for row in rows]
    with pytest.raises(TrainingRefused, match="at least one box"):
        run((bare, files), tmp_path)
    with pytest.raises(TrainingRefused, match="There is no detector 'small_resnet'; there is centernet"):
        run(data, tmp_path, dataclasses.replace(BRIEF, architecture="small_resnet"))
    with pytest.raises(TrainingRefused, match="multiple of 16"):
        run(data, tmp_path, dataclasses.replace(BRIEF, size=40))
    with pytest.raises(TrainingRefused, match="no last layer to train alone"):
        run(data, tmp_path, dataclasses.replace(BRIEF, base=tmp_path, method="head"))
