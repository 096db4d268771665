"""The parts of a run: balanced draws, augmentation, architectures by name."""

import sys

import numpy as np
import pytest
import torch

from inference.imaging import Preprocessing
from inference.runtimes.contract import ModelCard
from inference.training.architectures import build
from inference.training.augment import augmentation
from inference.training.examples import Examples, balanced_batches
from inference.training.export import check_parity, to_onnx
from inference.training.options import TrainingRefused


def unseen(labels: list[int], weights: list[float] | None = None) -> Examples:
    images = torch.zeros(len(labels), 3, 16, 16, dtype=torch.uint8)
    return Examples(images, torch.tensor(labels), np.array(weights or [1.0] * len(labels)))


def draws(examples: Examples, passes: int) -> np.ndarray:
    """How often each image was drawn in so many passes."""
    batches = balanced_batches(examples, len(examples), seed=0)
    indices = torch.cat([next(batches) for _ in range(passes)]).numpy()
    return np.bincount(indices, minlength=len(examples))


def test_balanced_labels_come_once_a_pass():
    assert draws(unseen([0] * 10 + [1] * 10), passes=3).tolist() == [3] * 20


def test_a_rare_label_is_drawn_as_often_as_a_common_one():
    counts = draws(unseen([0] * 90 + [1] * 10), passes=20)
    assert counts[:90].sum() == pytest.approx(1000, abs=20)
    assert counts[90:].min() >= 95
    assert counts[:90].min() >= 5


def test_weight_shares_out_the_draws_of_a_label():
    counts = draws(unseen([0, 0, 0, 1], [0.0, 1.0, 3.0, 5.0]), passes=50)
    assert counts[0] == 0
    assert counts[2] == pytest.approx(3 * counts[1], rel=0.1)
    assert counts[3] == pytest.approx(100, abs=2)


def test_batches_are_full_however_few_the_images():
    assert len(next(balanced_batches(unseen([0, 1, 1]), 32, seed=0))) == 32


def test_augmentation_keeps_shape_and_range_and_repeats_itself_by_seed():
    # Black and white is where noise leaves the range.
    images = torch.rand(64, 3, 48, 48).round()
    augment = augmentation(flip=True)

    def seeded(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return augment(images)

    first = seeded(1)
    assert first.shape == images.shape
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, seeded(1))
    assert not torch.allclose(first, seeded(2))


def test_augmentation_without_flip_never_mirrors():
    images = torch.zeros(64, 3, 32, 32)
    images[..., :16] = 1.0
    changed = augmentation(flip=False)(images).mean(dim=(1, 2))
    assert (changed[:, :8].mean(dim=1) > changed[:, -8:].mean(dim=1)).all()


def test_an_unknown_architecture_names_those_there_are():
    with pytest.raises(TrainingRefused, match="small_resnet_half, small_resnet_quarter, transformers:"):
        build("resnet50", labels=2, size=64)


def test_a_transformers_backbone_without_transformers_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(TrainingRefused, match=r"\.\[pretrained\]"):
        build("transformers:somewhere/model", labels=2, size=64)


def test_a_file_that_scores_unlike_its_weights_is_refused():
    torch.manual_seed(0)
    model = build("small_resnet", labels=2, size=32).eval()
    content = to_onnx(model, ModelCard(("a", "b"), Preprocessing(size=32), 1.0, "small_resnet"))
    images = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
    check_parity(model, content, images)
    model.head.bias.data += torch.tensor([0.1, 0.0])
    with pytest.raises(TrainingRefused, match="differs from the trained one"):
        check_parity(model, content, images)


@pytest.mark.parametrize(("family", "size"), [("ViT", 64), ("ResNet", 64)])
@pytest.mark.filterwarnings("ignore")
def test_a_transformers_folder_becomes_a_model_that_serves(family, size, tmp_path):
    transformers = pytest.importorskip("transformers")
    settings = {
        "ViT": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 64},
        "ResNet": {"embedding_size": 16, "hidden_sizes": [16, 32], "depths": [1, 1]},
    }[family]
    config = getattr(transformers, f"{family}Config")(**settings)
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path)
    name = f"transformers:{tmp_path}"
    model = build(name, labels=2, size=size).eval()
    content = to_onnx(model, ModelCard(("a", "b"), Preprocessing(size=size), 1.0, name))
    check_parity(model, content, torch.randint(0, 256, (3, 3, size, size), dtype=torch.uint8))
    if family == "ViT":
        with pytest.raises(TrainingRefused, match="set the size to 64"):
            build(name, labels=2, size=96)
