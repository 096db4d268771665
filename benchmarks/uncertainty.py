"""Which number tells best whether a model is wrong, or has never seen the like: measured on real photographs.

usage: uncertainty.py FOLDER [--seeds 5] [--steps 300] [--members 3]

FOLDER/train/CLASS and FOLDER/test/CLASS hold photographs. With each seed a model and the other members of an ensemble
are trained on every class, a quarter of the training photographs held out to calibrate by, and the test photographs
are ranked by each number. `aurc` is the area under the curve of risk against coverage (Geifman et al. 2019; lower is
better) and `error_at_80` the share of errors among the surest 80%. Then a model is trained without one class (another
with each seed), and that class's photographs are to be told from the test photographs of the others: `auroc`. Also
measured: how much longer a model with Monte-Carlo dropout in its graph takes than one without. Prints one JSON line
last; every figure is the mean over the seeds, with its standard error.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from tqdm import tqdm

sys.path.append(str(Path(__file__).resolve().parent.parent))

from inference.domain.novelty import Known, known_from, novelty
from inference.domain.reliability import reliability
from inference.imaging import to_array
from inference.runtimes import Runtime, Scores, load
from inference.runtimes.contract import EMBEDDING, INPUT, PROBABILITIES, RAW_PROBABILITIES
from inference.training.options import TrainingOptions, TrainingRow
from inference.training.trainer import train

ROUNDS = 200
SIZE = 64


def rows_of(folder: Path, names: list[str], seed: int) -> tuple[list[TrainingRow], dict[str, Path]]:
    """The training photographs of these classes, a quarter of each held out for validation."""
    random = np.random.default_rng(seed)
    rows, files = [], {}
    for name in names:
        photographs = sorted((folder / "train" / name).iterdir())
        for place, at in enumerate(random.permutation(len(photographs))):
            key = f"{name}/{photographs[at].name}"
            files[key] = photographs[at]
            rows.append(TrainingRow(key, name, "val" if place % 4 == 0 else "train", 1.0))
    return rows, files


def trained(
    folder: Path, names: list[str], seed: int, steps: int, out: Path
) -> tuple[bytes, dict[str, list[Path]]]:
    """The model file of one run, and its photographs by split."""
    # One division of the photographs a class list: the members of an ensemble differ by their seed alone.
    rows, files = rows_of(folder, names, seed // 100)
    made = train(
        rows=rows,
        labels=names,
        options=TrainingOptions(size=SIZE, steps=steps, seed=seed),
        read=lambda key: files[key].read_bytes(),
        out=out / f"{len(names)}-{seed}",
        on_progress=lambda progress: None,
        should_stop=lambda: False,
    )
    splits = {split: [files[row.sha256] for row in rows if row.split == split] for split in ("train", "val")}
    return made.model_path.read_bytes(), splits


def arrays(files: list[Path], runtime: Runtime) -> np.ndarray:
    return np.stack([to_array(file.read_bytes(), runtime.preprocessing) for file in files])


def scored(runtime: Runtime, files: list[Path]) -> Scores:
    """Scores of all the files, in parts that fit in memory."""
    batch = arrays(files, runtime)
    parts = [runtime.predict(part) for part in np.array_split(batch, max(1, len(batch) // 64))]
    columns = ("probabilities", "raw_probabilities", "embeddings", "disagreement")
    return Scores(*(np.concatenate([getattr(part, column) for part in parts]) for column in columns))


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Shannon entropy [N] in nats of probabilities [N, C]."""
    return -(probabilities * np.log(np.clip(probabilities, 1e-12, 1))).sum(axis=1)


def aurc(doubt: np.ndarray, wrong: np.ndarray) -> float:
    """The mean error rate of the surest n, over n from 1 to N."""
    in_order = wrong[np.argsort(doubt, kind="stable")]
    return float((np.cumsum(in_order) / np.arange(1, len(wrong) + 1)).mean())


def error_at(doubt: np.ndarray, wrong: np.ndarray, coverage: float) -> float:
    """The error rate of the surest share `coverage`."""
    return float(wrong[np.argsort(doubt, kind="stable")][: round(coverage * len(wrong))].mean())


def auroc(doubt: np.ndarray, strange: np.ndarray) -> float:
    """The chance that a strange one has more doubt than a known one, ties counting half (Mann and Whitney 1947)."""
    high, low = doubt[strange], doubt[~strange]
    return float(((high[:, None] > low).mean() + (high[:, None] >= low).mean()) / 2)


def doubts(
    runtime: Runtime, others: list[Runtime], learnt: dict[str, list[Path]], files: list[Path]
) -> dict[str, np.ndarray]:
    """Every number, [N], higher the more doubtful; and `predicted` and `confidence` of the model alone."""
    own = scored(runtime, files)
    together = [own.probabilities.astype(np.float64)]
    together += [scored(other, files).probabilities.astype(np.float64) for other in others]
    mean = np.mean(together, axis=0)
    bank = known(runtime, learnt)
    found = {
        "confidence": 1 - own.probabilities.max(axis=1),
        "entropy": entropy(own.probabilities),
        "dropout_bald": own.disagreement,
        "novelty": novelty(bank, own.embeddings).distances,
    }
    if others:
        found["ensemble_confidence"] = 1 - mean.max(axis=1)
        found["ensemble_bald"] = entropy(mean) - np.mean([entropy(each) for each in together], axis=0)
    return found | {"predicted": own.probabilities.argmax(axis=1), "ensemble_predicted": mean.argmax(axis=1)}


def known(runtime: Runtime, learnt: dict[str, list[Path]]) -> Known:
    """What the model knows, as serving keeps it."""
    return known_from(*(scored(runtime, learnt[split]).embeddings for split in ("train", "val")))


def overhead(content: bytes) -> dict[str, float]:
    """How many times as long the whole graph takes as the same without dropout, by batch size; medians."""
    bare = onnx.utils.Extractor(onnx.load_from_string(content)).extract_model(
        [INPUT], [PROBABILITIES, RAW_PROBABILITIES, EMBEDDING]
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    without = onnxruntime.InferenceSession(
        bare.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    whole = load("onnx", content)
    found = {}
    times: list[list[float]]
    for count in (1, 8):
        batch = np.random.default_rng(0).integers(0, 256, (count, 3, SIZE, SIZE)).astype(np.uint8)
        times = [[], []]
        runs = (partial(without.run, None, {INPUT: batch}), partial(whole.predict, batch))
        for _ in range(ROUNDS):
            for kept, run in zip(times, runs, strict=True):
                begun = time.perf_counter()
                run()
                kept.append(time.perf_counter() - begun)
        found[f"batch_{count}"] = statistics.median(times[1]) / statistics.median(times[0])
    return found


def told(values: list[float]) -> dict[str, float]:
    """Mean and standard error over the seeds."""
    spread = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return {"mean": round(statistics.mean(values), 4), "se": round(spread, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--members", type=int, default=3)
    asked = parser.parse_args()
    begun = time.monotonic()
    names = sorted(entry.name for entry in (asked.folder / "train").iterdir() if entry.is_dir())
    if len(names) < 3:
        raise SystemExit(
            f"{asked.folder}/train needs a folder of photographs for each of three classes or more."
        )
    tests = {name: sorted((asked.folder / "test" / name).iterdir()) for name in names}
    files = [file for name in names for file in tests[name]]
    truth = np.repeat(np.arange(len(names)), [len(tests[name]) for name in names])
    kept: dict[str, dict[str, list[float]]] = {"aurc": {}, "error_at_80": {}, "auroc": {}}
    accuracy: list[float] = []
    ensemble_accuracy: list[float] = []
    ece: list[float] = []
    unseen_novel: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        tqdm(total=asked.seeds * (asked.members + 1), file=sys.stderr) as bar,
    ):
        out = Path(folder)
        for seed in range(asked.seeds):
            made = []
            for member in range(asked.members):
                made.append(trained(asked.folder, names, 100 * seed + member, asked.steps, out))
                bar.update()
            model, *others = (load("onnx", content) for content, _ in made)
            found = doubts(model, others, made[0][1], files)
            wrong = found.pop("predicted") != truth
            wrong_together = found.pop("ensemble_predicted") != truth
            accuracy.append(1 - float(wrong.mean()))
            ensemble_accuracy.append(1 - float(wrong_together.mean()))
            ece.append(reliability(1 - found["confidence"], ~wrong).ece)
            for name, doubt in found.items():
                errors = wrong_together if name.startswith("ensemble") else wrong
                kept["aurc"].setdefault(name, []).append(aurc(doubt, errors))
                kept["error_at_80"].setdefault(name, []).append(error_at(doubt, errors, 0.8))
            out_class = names[seed % len(names)]
            rest = [name for name in names if name != out_class]
            content, learnt = trained(asked.folder, rest, 100 * seed + 50, asked.steps, out)
            bar.update()
            strange = np.repeat(np.array(names) == out_class, [len(tests[name]) for name in names])
            found = doubts(load("onnx", content), [], learnt, files)
            for name, doubt in found.items():
                if not name.endswith("predicted"):
                    kept["auroc"].setdefault(name, []).append(auroc(doubt, strange))
            runtime = load("onnx", content)
            bank = known(runtime, learnt)
            shares = novelty(bank, scored(runtime, files).embeddings).shares
            unseen_novel.append(float((shares[~strange] > 0.95).mean()))
    figures = {
        measure: {name: told(values) for name, values in each.items()} for measure, each in kept.items()
    }
    print(
        json.dumps(
            {
                "seeds": asked.seeds,
                "test_images": len(files),
                "accuracy": told(accuracy),
                "ensemble_accuracy": told(ensemble_accuracy),
                "ece": told(ece),
                **figures,
                "familiar_over_095": told(unseen_novel),
                "dropout_times": overhead(made[0][0]),
                "seconds": round(time.monotonic() - begun, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
