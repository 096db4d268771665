"""Of labels flipped on purpose, how many does Vouch find among the first so many it suspects? On real photographs.

usage: label_errors.py FOLDER [--share 0.1] [--seeds 10] [--networks 1]

FOLDER/train/CLASS and FOLDER/test/CLASS hold photographs. With each seed a share of the training labels is flipped,
each to another class drawn at random; then the product's own search (`feedback.domain.label_errors.look`, on what
`feedback.services.seeing` sees of the photographs) ranks all of them. N is how many were flipped.

Prints one JSON line: `found`, the share of flipped ones among the first N, the mean over the seeds with a 95% interval
(Student's), `lowest` of the seeds; `flagged`, how many are flagged over N, and `flagged_right`, the share of those that
were flipped; `suggested_right`, the share of the flipped for which the suggestion is the true label.

Accuracy is on the test photographs, and left out where FOLDER has none: `before` of what learned from the flipped
labels, `after` somebody who knows put the first N right, `clean` with none flipped. `head` is the search's own head on
every seed; `network` the network that the product trains from scratch (`--size` px, `--steps` steps), on the first
`--networks` seeds: each takes three trainings, of half a minute.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402

django.setup()

from feedback.domain import likeness, out_of_sample  # noqa: E402
from feedback.domain.groups import kept_together  # noqa: E402
from feedback.domain.label_errors import look  # noqa: E402
from feedback.services.seeing import seer  # noqa: E402
from labeling.differencehash import difference_hash  # noqa: E402
from labeling.imagefile import open_upright  # noqa: E402

STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 10: 2.262, 20: 2.093}
"""The 97.5% quantile of Student's distribution for so many seeds."""


def photographs(folder: Path, split: str, names: Sequence[str]) -> tuple[list[Path], np.ndarray]:
    """The photographs of a split and the index of each one's class."""
    each = [sorted((folder / split / name).iterdir()) for name in names]
    return [file for files in each for file in files], np.repeat(
        np.arange(len(names)), [len(files) for files in each]
    )


def flipped(truth: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The labels with a share of them flipped, and which [N] are."""
    random = np.random.default_rng(seed)
    count = int(truth.max()) + 1
    chosen = random.permutation(len(truth))[: round(share * len(truth))]
    labels = truth.copy()
    labels[chosen] = (labels[chosen] + random.integers(1, count, len(chosen))) % count
    return labels, np.isin(np.arange(len(truth)), chosen)


def accuracy(points: np.ndarray, labels: np.ndarray, test: np.ndarray, truth: np.ndarray) -> float:
    """Of the head trained on the points [N, R] with these labels, on the test points [T, R]."""
    count = int(truth.max()) + 1
    wanted = np.eye(count)[labels] - 1 / count
    said = test @ out_of_sample.head(points.T @ points, points.T @ wanted)
    return float((said.argmax(axis=1) == truth).mean())


def network(
    files: Sequence[Path], labels: Sequence[str], test: Sequence[Path], truth: Sequence[str], **asked: Any
) -> float:
    """The accuracy on the test photographs of a network trained by the product on files with these labels."""
    from inference.training.options import TrainingOptions, TrainingRow
    from inference.training.trainer import train

    rows = [TrainingRow(str(file), label, "train") for file, label in zip(files, labels, strict=True)]
    rows += [TrainingRow(str(file), label, "test") for file, label in zip(test, truth, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        made = train(
            rows=rows,
            labels=sorted(set(truth)),
            options=TrainingOptions(**asked),
            read=lambda key: Path(key).read_bytes(),
            out=Path(folder) / "made",
            on_progress=lambda progress: None,
            should_stop=lambda: False,
        )
    return float(made.metrics["test"]["accuracy"])


def told(values: Sequence[float]) -> dict[str, Any]:
    """Their mean with its 95% interval, and the lowest."""
    if len(values) == 1:
        return {"mean": round(values[0], 3), "interval": None, "lowest": round(values[0], 3)}
    spread = STUDENT.get(len(values), 1.96) * np.std(values, ddof=1) / len(values) ** 0.5
    mean = float(np.mean(values))
    interval = [round(mean - spread, 3), round(mean + spread, 3)]
    return {"mean": round(mean, 3), "interval": interval, "lowest": round(min(values), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=float, default=0.1, help="of the labels, flipped")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--networks", type=int, default=1)
    parser.add_argument("--size", type=int, default=48)
    parser.add_argument("--steps", type=int, default=300)
    asked = parser.parse_args()
    begun = time.monotonic()
    names = sorted(entry.name for entry in (asked.folder / "train").iterdir() if entry.is_dir())
    if len(names) < 2 or not 0 < asked.share < 1 or asked.seeds < 1:
        raise SystemExit(f"{asked.folder}/train needs two classes or more; share in 0..1; a seed or more.")
    train, truth = photographs(asked.folder, "train", names)
    test, test_truth = (
        photographs(asked.folder, "test", names) if (asked.folder / "test").exists() else ([], [])
    )
    files = [*train, *test]
    numbers, seen = seer(lambda number: files[number].read_bytes())(range(len(files)))
    if len(numbers) < len(files):
        raise SystemExit(f"{asked.folder} holds files that are no photographs.")
    views = [view[: len(train)] for view in seen]
    drawn = np.random.default_rng(0).permutation(len(train))[: likeness.LANDMARKS]
    marks = likeness.Landmarks([view[drawn] for view in views])
    points = marks.points(marks.likeness(seen)).astype(np.float64)
    points, test_points = points[: len(train)], points[len(train) :]
    hashes = [difference_hash(open_upright(file.read_bytes())) for file in train]
    groups = kept_together([None] * len(train), [None] * len(train), hashes)

    def again(these: Sequence[int]) -> tuple[list[int], list[np.ndarray]]:
        return list(these), [view[list(these)] for view in views]

    figures: dict[str, list[float]] = {}
    for seed in range(asked.seeds):
        labels, wrong = flipped(truth, asked.share, seed)
        found = look([names[label] for label in labels], groups, hashes, again)
        count = int(wrong.sum())
        first = [suspect.number for suspect in found.labels][:count]
        flagged = [suspect.number for suspect in found.labels][: found.flagged]
        suggested = {suspect.number: suspect.suggested for suspect in found.labels}
        right = [suggested.get(number) == names[truth[number]] for number in np.flatnonzero(wrong)]
        made = {
            "found": float(wrong[first].sum()) / count,
            "flagged": found.flagged / count,
            "flagged_right": float(wrong[flagged].mean()) if flagged else 0.0,
            "suggested_right": float(np.mean(right)),
        }
        mended = labels.copy()
        mended[first] = truth[first]
        for name, these in (("before", labels), ("after", mended), ("clean", truth)):
            if test:
                made[f"head_{name}"] = accuracy(points, these, test_points, test_truth)
            if test and seed < asked.networks:
                made[f"network_{name}"] = network(
                    train,
                    [names[label] for label in these],
                    test,
                    [names[label] for label in test_truth],
                    size=asked.size,
                    steps=asked.steps,
                    seed=seed,
                )
        for name, value in made.items():
            figures.setdefault(name, []).append(value)
    line = {
        "photographs": len(train),
        "flipped": round(asked.share * len(train)),
        "share": asked.share,
        "seeds": asked.seeds,
        **{name: told(values) for name, values in figures.items()},
        "seconds": round(time.monotonic() - begun, 1),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
