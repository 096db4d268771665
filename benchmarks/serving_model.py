"""Writes an untrained classifier of a given size as a model file: what it says does not matter to how long it takes.

usage: serving_model.py FILE.onnx SIZE {resnet18,small}
"""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.append(str(Path(__file__).resolve().parent.parent))

from inference.imaging import Preprocessing
from inference.runtimes.contract import ModelCard
from inference.training.architectures import Classifier
from inference.training.export import to_onnx
from inference.training.small_resnet import SmallResNet

LABELS = ("empty", "full", "low", "wrong")


class Block(nn.Module):
    """The basic block of He et al. 2016."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(images) + self.shortcut(images))


class ResNet18(nn.Module):
    """ResNet-18 without its last layer: 11 million weights, a stem of 7×7 and four stages of two blocks."""

    mean, std = (0.45, 0.45, 0.45), (0.25, 0.25, 0.25)
    features = 512
    learning_rate = 0.01

    def __init__(self) -> None:
        super().__init__()
        stages, before = [], 64
        for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            stages += [Block(before, width, stride), Block(width, width, 1)]
            before = width
        self.layers = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
            *stages,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


def main() -> None:
    file, size, name = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    torch.manual_seed(0)
    backbone = ResNet18() if name == "resnet18" else SmallResNet((8, 8, 16, 16))
    card = ModelCard(LABELS, Preprocessing(size=size), 1.0, name)
    file.write_bytes(to_onnx(Classifier(backbone, len(LABELS)), card))


if __name__ == "__main__":
    main()
