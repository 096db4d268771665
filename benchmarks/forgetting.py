"""What fine-tuning on three new classes costs the old ones: with replay and distillation, and without.

usage: forgetting.py FOLDER [--seed 0] [--turns 2] [--steps 300]

FOLDER/train/CLASS and FOLDER/test/CLASS hold photographs. In each turn three other classes are the new ones. A champion
is trained on the rest; from it one model is fine-tuned by the method `replay`, as the product does by itself, and one
by `naive`, on the new photographs alone. All know every class in the end, and every answer may be any of them: an old
photograph taken for a new class is wrong. Prints one JSON line last: the share of test photographs that are right, 0 to
1, mean over the turns: `old_before` of the champion, `old_after` and `new_after` of replay, `old_after_naive` and
`new_after_naive`; `turns` has them one by one.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.append(str(Path(__file__).resolve().parent.parent))

from inference.training.options import NAIVE, REPLAY, TrainedModel, TrainingOptions, TrainingRow
from inference.training.trainer import train

NEW = 3
HELD_OUT = 4
"""One in so many training photographs validates."""


class Photographs:
    """The folder's photographs as rows of a training run."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._seed = seed
        self.names = sorted(entry.name for entry in (folder / "train").iterdir() if entry.is_dir())
        if len(self.names) < NEW + 2:
            raise SystemExit(f"{folder}/train needs photographs of {NEW + 2} classes or more.")

    def rows(self, names: list[str], *, old: bool) -> list[TrainingRow]:
        """All of the classes, those of the training folder marked as old or new."""
        found = []
        for name in names:
            files = sorted((self._folder / "train" / name).iterdir())
            for place, at in enumerate(np.random.default_rng(self._seed).permutation(len(files))):
                split = "train" if place % HELD_OUT else "val"
                found.append(TrainingRow(f"train/{name}/{files[at].name}", name, split, 1.0, old))
            found += [
                TrainingRow(f"test/{name}/{file.name}", name, "test")
                for file in sorted((self._folder / "test" / name).iterdir())
            ]
        return found

    def read(self, key: str) -> bytes:
        return (self._folder / key).read_bytes()


def right(model: TrainedModel, names: list[str]) -> float:
    """The share right of these classes' test photographs."""
    counts = np.array(model.metrics["test"]["confusion"])
    places = [model.labels.index(name) for name in names]
    return float(counts[places, places].sum() / counts[places].sum())


def turn(
    photographs: Photographs, new: list[str], options: TrainingOptions, out: Path, bar: tqdm
) -> dict[str, float]:
    """One choice of new classes: a champion without them, and two ways to teach it them."""
    old = [name for name in photographs.names if name not in new]

    def trained(
        name: str, rows: list[TrainingRow], labels: list[str], options: TrainingOptions
    ) -> TrainedModel:
        made = train(
            rows=rows,
            labels=labels,
            options=options,
            read=photographs.read,
            out=out / name,
            on_progress=lambda progress: None,
            should_stop=lambda: False,
        )
        bar.update()
        return made

    champion = trained("champion", photographs.rows(old, old=True), old, options)
    rows = photographs.rows(old, old=True) + photographs.rows(new, old=False)
    from_it = replace(options, base=champion.state_path)
    kept = trained(REPLAY, rows, photographs.names, replace(from_it, method=REPLAY))
    naive = trained(NAIVE, rows, photographs.names, replace(from_it, method=NAIVE))
    return {
        "old_before": right(champion, old),
        "old_after": right(kept, old),
        "new_after": right(kept, new),
        "old_after_naive": right(naive, old),
        "new_after_naive": right(naive, new),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--steps", type=int, default=300)
    asked = parser.parse_args()
    begun = time.monotonic()
    photographs = Photographs(asked.folder, asked.seed)
    order = np.random.default_rng(asked.seed).permutation(len(photographs.names))
    turns: list[dict[str, float]] = []
    taught: list[list[str]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        tqdm(total=3 * asked.turns, file=sys.stderr, disable=None) as bar,
    ):
        for number in range(asked.turns):
            # Each turn the next three, so that two turns of six classes are each the other's reverse.
            places = np.take(order, range(NEW * number, NEW * number + NEW), mode="wrap")
            new = sorted(photographs.names[place] for place in places)
            options = TrainingOptions(steps=asked.steps, seed=asked.seed + number)
            taught.append(new)
            turns.append(turn(photographs, new, options, Path(folder) / str(number), bar))
    figures = {key: round(statistics.mean(each[key] for each in turns), 4) for key in turns[0]}
    each_turn = [{"new": new} | each for new, each in zip(taught, turns, strict=True)]
    print(json.dumps({**figures, "turns": each_turn, "seconds": round(time.monotonic() - begun, 1)}))


if __name__ == "__main__":
    main()
