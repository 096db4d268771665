"""How many labels does it save to choose what people are asked? Strategies against random, on real photographs.

usage: labels_saved.py FOLDER [--seeds 10] [--start 10] [--steps 200] [--size 48] [--rounds 10]

FOLDER/train/CLASS and FOLDER/test/CLASS hold photographs. With each seed a champion is trained by the product on a few
training photographs (`start` times the classes, drawn at random). Then each strategy chooses, round by round, which of
the rest are labelled, all from that same beginning; after each round the head is trained again on the embeddings of the
champion, as the product's method `head` does, and the test photographs are scored. So the network itself does not
learn from the new labels: that would take hours, and is not measured here.

Prints one JSON line last: `curves`, the mean accuracy by number of labels; `needed`, the labels by which each strategy
reaches each of some accuracies, null where it does not; `ratios`, that over random's at `accuracy`, which is what
random reaches with two thirds of the photographs, with 95% intervals from resampled seeds; `best` and its `best_ratio`.
It is the lowest of eight, and so flattered a little. The first photographs count among the labels.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

sys.path.append(str(Path(__file__).resolve().parent.parent))

from inference.domain.acquisition import STRATEGIES, Pool, choose, entropies
from inference.imaging import to_array
from inference.runtimes import load
from inference.training.architectures import DROPOUT
from inference.training.export import LOOKS
from inference.training.head import fit_head
from inference.training.options import TrainingOptions, TrainingRow
from inference.training.trainer import train

RANDOM = "random"
PLAYED = [name for name, strategy in STRATEGIES.items() if "examples" not in strategy.needs]
DECAY = 1e-2
STATED = 2 / 3
SHARES = (0.25, 0.5, 0.75, 1.0)
RESAMPLED = 1000


@dataclass(frozen=True)
class Photographs:
    """Paths and class indices of the training and the test photographs."""

    names: list[str]
    train: list[Path]
    truth: np.ndarray
    test: list[Path]
    test_truth: np.ndarray

    @classmethod
    def of(cls, folder: Path) -> "Photographs":
        names = sorted(entry.name for entry in (folder / "train").iterdir() if entry.is_dir())
        if len(names) < 2:
            raise SystemExit(f"{folder}/train needs a folder of photographs for each of two classes or more.")
        found: list[list[Path]] = []
        truths = []
        for split in ("train", "test"):
            each = [sorted((folder / split / name).iterdir()) for name in names]
            found.append([file for files in each for file in files])
            truths.append(np.repeat(np.arange(len(names)), [len(files) for files in each]))
        return cls(names, found[0], truths[0], found[1], truths[1])


@dataclass(frozen=True)
class Seen:
    """Embeddings [N, D] of the training and the test photographs by a champion that learned from `first`."""

    train: np.ndarray
    test: np.ndarray
    first: np.ndarray


def champion(photographs: Photographs, seed: int, start: int, options: TrainingOptions, out: Path) -> Seen:
    """A model trained on so many photographs drawn at random, and how it sees all of them."""
    first = np.random.default_rng(seed).permutation(len(photographs.train))[: start * len(photographs.names)]
    rows = [
        TrainingRow(str(photographs.train[at]), photographs.names[photographs.truth[at]], "train")
        for at in first
    ]
    made = train(
        rows=rows,
        labels=photographs.names,
        options=options,
        read=lambda key: Path(key).read_bytes(),
        out=out,
        on_progress=lambda progress: None,
        should_stop=lambda: False,
    )
    runtime = load("onnx", made.model_path)

    def embedded(files: list[Path]) -> np.ndarray:
        arrays = np.stack([to_array(file.read_bytes(), options.preprocessing) for file in files])
        parts = np.array_split(arrays, max(1, len(arrays) // 64))
        return np.concatenate([runtime.predict(part).embeddings for part in parts]).astype(np.float64)

    return Seen(embedded(photographs.train), embedded(photographs.test), first)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def disagreement(points: np.ndarray, weight: np.ndarray, bias: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Mutual information [N] of label and dropout, as an exported model says it."""
    looks = np.stack([softmax((points * mask) @ weight.T + bias) for mask in masks])
    return entropies(looks.mean(axis=0)) - np.mean([entropies(look) for look in looks], axis=0)


def counted(photographs: Photographs, start: int, rounds: int) -> np.ndarray:
    """How many labels there are at the beginning and after each round, in the end all."""
    everything = len(photographs.train)
    return np.unique(np.linspace(start * len(photographs.names), everything, rounds + 1).astype(int))


def play(name: str, photographs: Photographs, seen: Seen, labels: np.ndarray, seed: int) -> list[float]:
    """The accuracy on the test photographs after each round, until all is labelled."""
    classes = len(photographs.names)
    random = np.random.default_rng(seed)
    kept = np.random.default_rng(0).random((LOOKS, seen.train.shape[1])) >= DROPOUT
    masks = kept / (1 - DROPOUT)
    labelled, accuracies = seen.first, []
    for wanted in [*labels[1:].tolist(), None]:
        weight, bias = fit_head(seen.train[labelled], photographs.truth[labelled], classes, decay=DECAY)
        said = (seen.test @ weight.T + bias).argmax(axis=1)
        accuracies.append(float((said == photographs.test_truth).mean()))
        if wanted is None:
            break
        rest = np.setdiff1d(np.arange(len(photographs.train)), labelled)
        points = seen.train[rest]
        pool = Pool(
            probabilities=softmax(points @ weight.T + bias),
            disagreement=disagreement(points, weight, bias, masks) if name == "bald" else None,
            embeddings=points,
            labelled=seen.train[labelled],
            counts=np.bincount(photographs.truth[labelled], minlength=classes).astype(float),
        )
        labelled = np.concatenate([labelled, rest[choose(name, pool, wanted - len(labelled), random)]])
    return accuracies


def needed(labels: np.ndarray, curve: np.ndarray, accuracy: float) -> float:
    """The labels by which a mean curve reaches an accuracy and stays there; infinite where it does not.

    A running mean of three and the highest so far: what a single round lost or won by luck counts little.
    """
    padded = np.pad(curve, 1, mode="edge")
    smooth = np.maximum.accumulate((padded[:-2] + padded[1:-1] + padded[2:]) / 3)
    at = int(np.searchsorted(smooth, accuracy))
    if at == len(smooth):
        return float("inf")
    if at == 0:
        return float(labels[0])
    share = (accuracy - smooth[at - 1]) / (smooth[at] - smooth[at - 1])
    return float(labels[at - 1] + share * (labels[at] - labels[at - 1]))


def ratio(labels: np.ndarray, curves: np.ndarray, random: np.ndarray) -> float:
    """Labels over random's, at what random reaches with the STATED share of all; curves [seeds, rounds]."""
    accuracy = stated(labels, random.mean(axis=0))
    return needed(labels, curves.mean(axis=0), accuracy) / needed(labels, random.mean(axis=0), accuracy)


def stated(labels: np.ndarray, random: np.ndarray) -> float:
    """What random reaches with the STATED share of all the labels, on its smoothed curve."""
    padded = np.pad(random, 1, mode="edge")
    smooth = np.maximum.accumulate((padded[:-2] + padded[1:-1] + padded[2:]) / 3)
    return float(np.interp(STATED * labels[-1], labels, smooth))


def interval(labels: np.ndarray, curves: np.ndarray, random: np.ndarray) -> list[float | None]:
    """The central 95% of the ratio over seeds drawn again with replacement; null where it is not reached."""
    draws = np.random.default_rng(0).integers(0, len(curves), (RESAMPLED, len(curves)))
    found = [ratio(labels, curves[draw], random[draw]) for draw in draws]
    low, high = (float(each) for each in np.quantile(found, (0.025, 0.975), method="nearest"))
    return [told(low), told(high)]


def told(value: float, digits: int = 3) -> float | None:
    return round(value, digits) if np.isfinite(value) else None


def told_of(labels: np.ndarray, curves: dict[str, np.ndarray]) -> dict[str, Any]:
    """The figures of curves [seeds, rounds] by strategy."""
    means = {name: each.mean(axis=0) for name, each in curves.items()}
    base = curves[RANDOM]
    accuracy = stated(labels, means[RANDOM])
    low, high = means[RANDOM][0], means[RANDOM].max()
    targets = sorted({round(float(low + share * (high - low)), 3) for share in SHARES} | {round(accuracy, 3)})
    ratios = {name: ratio(labels, each, base) for name, each in curves.items() if name != RANDOM}
    best = min(ratios, key=lambda name: ratios[name])
    return {
        "best": best,
        "best_ratio": told(ratios[best]),
        "accuracy": round(accuracy, 4),
        "ratios": {
            name: {"ratio": told(value), "interval": interval(labels, curves[name], base)}
            for name, value in sorted(ratios.items(), key=lambda pair: pair[1])
        },
        "needed": {
            str(target): {name: told(needed(labels, mean, target), 0) for name, mean in means.items()}
            for target in targets
        },
        "labels": labels.tolist(),
        "curves": {name: [round(float(each), 4) for each in mean] for name, mean in means.items()},
        "standard_errors": {
            name: [round(float(each), 4) for each in curve.std(axis=0, ddof=1) / len(curve) ** 0.5]
            for name, curve in curves.items()
            if len(curve) > 1
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument(
        "--start", type=int, default=10, help="photographs a class for the champion, on average"
    )
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--size", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    begun = time.monotonic()
    torch.set_num_threads(1)
    photographs = Photographs.of(asked.folder)
    labels = counted(photographs, asked.start, asked.rounds)
    played: dict[str, list[list[float]]] = {name: [] for name in PLAYED}
    with (
        tempfile.TemporaryDirectory() as folder,
        tqdm(total=asked.seeds * (len(PLAYED) + 1), file=sys.stderr, disable=None) as bar,
    ):
        for seed in range(asked.seeds):
            options = TrainingOptions(size=asked.size, steps=asked.steps, seed=seed)
            seen = champion(photographs, seed, asked.start, options, Path(folder) / str(seed))
            bar.update()
            for name in PLAYED:
                played[name].append(play(name, photographs, seen, labels, 1000 + seed))
                bar.update()
    figures = told_of(labels, {name: np.array(each) for name, each in played.items()})
    print(json.dumps({**figures, "seeds": asked.seeds, "seconds": round(time.monotonic() - begun, 1)}))


if __name__ == "__main__":
    main()
