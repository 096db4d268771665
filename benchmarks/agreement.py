"""How fast is a whole agreement report over a million answers, beside the libraries that compute parts of it?

usage: agreement.py [--items 335000] [--annotators 200] [--labels 10] [--seed 0] [--without-irrcac]

Everything runs on one core, from a table in memory. `all_seconds` is the whole report: every coefficient, every
pairwise κ, α of each label and without each annotator, 1,000 bootstraps. The rivals run in an environment of their own
(`make peers`) on the same answers in the form they want, which is made beforehand, and must come to the same figures.
Prints one JSON line last: answers, all_seconds, alpha_seconds, alpha_times_faster_than_krippendorff (from answers) and
…_given_counts (from its faster form, counts made beforehand), times_faster_than_irrcac (Fleiss κ, AC1 and α with
standard errors), dawid_skene_seconds; and from a project's own database (agreement_page.py) page_cold_seconds,
page_warm_ms, after_one_answer_ms, answer_ms.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Before numpy is imported, which reads it once.
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ.update(ONE_CORE)

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from labeling.domain.agreement import (  # noqa: E402
    Answers,
    Level,
    coefficients,
    dawid_skene,
    krippendorff,
    patterns,
    report,
)
from labeling.domain.agreement.distances import metric  # noqa: E402

PEERS = ROOT / ".venv-peers/bin/python"
ANSWERS_AN_ITEM = 3
ROUNDING = 1e-5


def crowd(items: int, annotators: int, labels: int, seed: int) -> Answers:
    """Three annotators an item, of unequal skill, five in a thousand leaving no answer; labels unequally frequent."""
    chance = np.random.default_rng(seed)
    apart = chance.integers(1, annotators // ANSWERS_AN_ITEM, size=(items, ANSWERS_AN_ITEM)).cumsum(axis=1)
    annotator = ((chance.integers(annotators, size=(items, 1)) + apart) % annotators).ravel()
    frequency = np.arange(1, labels + 1) / np.arange(1, labels + 1).sum()
    truth = np.repeat(chance.choice(labels, size=items, p=frequency), ANSWERS_AN_ITEM)
    knows = chance.random(len(truth)) < chance.uniform(0.6, 0.95, size=annotators)[annotator]
    label = np.where(knows, truth, chance.integers(labels, size=len(truth)))
    given = np.sort(chance.permutation(len(truth))[: len(truth) - len(truth) // 201])
    item = np.repeat(np.arange(items), ANSWERS_AN_ITEM)
    return Answers(
        [f"image {number}" for number in range(items)],
        [f"annotator {number}" for number in range(annotators)],
        [f"label {number}" for number in range(labels)],
        item[given],
        annotator[given],
        label[given],
    )


def seconds(work: Callable[[], Any], runs: int = 1) -> tuple[float, Any]:
    """The shortest of `runs`, and what came of the last."""
    shortest, result = float("inf"), None
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest, result


def alpha(answers: Answers) -> float:
    counted = patterns(answers.latest())
    distances = metric(Level.NOMINAL, answers.labels)
    return float(krippendorff.alpha(counted, counted.times[None, :], distances)[0])


def three(answers: Answers) -> dict[str, float]:
    """What irrCAC is asked for: three coefficients and their standard errors."""
    counted = patterns(answers.latest())
    distances = metric(Level.NOMINAL, answers.labels)
    found = {"alpha": float(krippendorff.alpha(counted, counted.times[None, :], distances)[0])}
    krippendorff.standard_error(counted, distances)
    for name, expected in (("fleiss", coefficients.fleiss_kappa), ("gwet", coefficients.gwet_ac)):
        found[name] = float(coefficients.coefficient(expected, counted, distances, counted.times[None, :])[0])
        coefficients.standard_error(expected, counted, distances)
    return found


def rivals(answers: Answers, *, with_irrcac: bool) -> dict[str, Any]:
    """What agreement_peers.py measured."""
    if not PEERS.exists():
        subprocess.run(["make", "--silent", "peers"], cwd=ROOT, check=True, stdout=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "answers.npz")
        np.savez(file, item=answers.item, annotator=answers.annotator, label=answers.label)
        command = [str(PEERS), str(ROOT / "benchmarks/agreement_peers.py"), str(file)]
        done = subprocess.run(
            command + ["--irrcac"] * with_irrcac,
            check=True,
            stdout=subprocess.PIPE,
            env=os.environ | ONE_CORE,
        )
    return json.loads(done.stdout)


def of_the_page(answers: Answers) -> dict[str, Any]:
    """What agreement_page.py measured, in a process of its own: it starts a database."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "answers.npz")
        np.savez(file, item=answers.item, annotator=answers.annotator, label=answers.label)
        done = subprocess.run(
            [sys.executable, str(ROOT / "benchmarks/agreement_page.py"), str(file)],
            check=True,
            stdout=subprocess.PIPE,
            env=os.environ | ONE_CORE,
        )
    return json.loads(done.stdout.splitlines()[-1])


def check(name: str, ours: float, theirs: float, tolerance: float) -> None:
    if not abs(ours - theirs) <= tolerance:
        raise SystemExit(f"{name}: ours is {ours}, the rival's {theirs}: there is nothing to compare.")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=335_000)
    parser.add_argument("--annotators", type=int, default=200)
    parser.add_argument("--labels", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without-irrcac", action="store_true", help="It takes minutes.")
    given = parser.parse_args()
    answers = crowd(given.items, given.annotators, given.labels, given.seed)
    print(f"{len(answers)} answers; ours", file=sys.stderr)
    all_seconds, whole = seconds(lambda: report(answers))
    alpha_seconds, our_alpha = seconds(lambda: alpha(answers), runs=3)
    three_seconds, ours = seconds(lambda: three(answers), runs=3)
    dawid_skene_seconds, judged = seconds(lambda: dawid_skene(answers))
    figures = {
        "answers": len(answers),
        "all_seconds": round(all_seconds, 3),
        "alpha_seconds": round(alpha_seconds, 3),
        "pairs": len(whole["pairs"]),
        "dawid_skene_seconds": round(dawid_skene_seconds, 2),
        "dawid_skene_steps": len(judged.log_likelihood),
    }
    print("the page, from a database", file=sys.stderr)
    figures |= of_the_page(answers)
    print("the rivals", file=sys.stderr)
    theirs = rivals(answers, with_irrcac=not given.without_irrcac)
    check("Krippendorff α", our_alpha, theirs["krippendorff_alpha"], 1e-9)
    figures["krippendorff_seconds"] = round(theirs["krippendorff_seconds"], 2)
    figures["alpha_times_faster_than_krippendorff"] = round(theirs["krippendorff_seconds"] / alpha_seconds, 1)
    figures["alpha_times_faster_than_krippendorff_given_counts"] = round(
        theirs["krippendorff_given_counts_seconds"] / alpha_seconds, 1
    )
    if not given.without_irrcac:
        for name, value in ours.items():
            check(f"irrCAC {name}", value, theirs["irrcac"][name], ROUNDING)
        figures["irrcac_seconds"] = round(theirs["irrcac_seconds"], 1)
        figures["times_faster_than_irrcac"] = round(theirs["irrcac_seconds"] / three_seconds, 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
