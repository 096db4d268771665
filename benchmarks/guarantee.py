"""Is the error budget kept, at what cost in coverage, and how soon is harm seen? On streams made here.

usage: guarantee.py [--runs 300] [--budget 0.02] [--confidence 0.9] [--rows 6000] [--seed 0]

Streams: a photograph is easy or hard, and a prediction's chance of being wrong follows from its score. Calibrated,
overconfident and underconfident models differ in the confidence they state; rare errors and label noise (people's
answers are wrong too) in the errors; `borderline` has one confidence and a rate just above the budget, so that
accepting anything breaks it. Each run goes through `feedback.domain.stream.Cell`, one prediction at a time, as in
serving and in replay.

Prints one JSON line last. `violation_share`: of the runs of the worst stationary stream, how many accepted with an
error rate above the budget; `ever_violation_share`: how many had, at any time, a threshold whose true rate is above
it. `coverage_of_oracle_N`: volume accepted after N answers by what serves, which may look after each of them, over that
of the threshold of somebody who knows every chance (calibrated stream, mean of runs); `one_look_coverage_of_oracle_N`
by a certificate that looks once, which serves nowhere and shows what looking always costs (`one_look_coverage_blurred`:
of a model whose errors set in slowly); `naive_violation_share`: "empirical
error ≤ budget" from 1,000 answers; `expected_violation_share`: the error expected by the scores of the overconfident
model. `harm_*`: audits until the alarm at three times the
budget, and false alarms within 10,000 audits at the budget. `recovery`: predictions from the start of a shift to the
end of the last 500 accepted with more than twice the budget wrong.
"""

import argparse
import json
import math
import os
import sys
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from feedback.domain.certification import certify  # noqa: E402
from feedback.domain.evidence import Evidence  # noqa: E402
from feedback.domain.harm import ALARM, Harm  # noqa: E402
from feedback.domain.stream import Cell, Terms  # noqa: E402
from inference.enums import Action  # noqa: E402

STATIONARY = ("calibrated", "overconfident", "underconfident", "rare_errors", "label_noise", "borderline")
SHARPNESS = {"overconfident": 0.3, "underconfident": 3.0}
NOISE = 0.005
ORACLE_ROWS = 400_000
WINDOW = 500
SHIFTS = 40


def stream(kind: str, rows: int, budget: float, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Confidences that the model states, and the chance of each prediction of being wrong."""
    if kind == "borderline":
        return np.full(rows, 0.97), np.full(rows, budget * 1.05)
    if kind == "blurred":
        wrong = 1 / (1 + np.exp(chance.normal(3, 2, rows)))
        return 1 - wrong, wrong
    easy = chance.random(rows) < 0.8
    score = np.where(easy, chance.normal(6, 2, rows), chance.normal(0.5, 1.5, rows))
    if kind == "rare_errors":
        score = score + 3
    wrong = 1 / (1 + np.exp(score))
    return (1 - wrong) ** SHARPNESS.get(kind, 1.0), wrong


def oracle(kind: str, budget: float) -> tuple[np.ndarray, np.ndarray]:
    """Thresholds from high to low and the true error rate from each on."""
    confidence, wrong = stream(kind, ORACLE_ROWS, budget, np.random.default_rng(12345))
    order = np.argsort(-confidence, kind="stable")
    return confidence[order], np.cumsum(wrong[order]) / np.arange(1, ORACLE_ROWS + 1)


def volume(thresholds: np.ndarray, threshold: float | None) -> float:
    return (
        0.0 if threshold is None else np.searchsorted(-thresholds, -threshold, side="right") / len(thresholds)
    )


def true_rate(thresholds: np.ndarray, rates: np.ndarray, threshold: float) -> float:
    above = int(np.searchsorted(-thresholds, -threshold, side="right"))
    return float(rates[above - 1]) if above else 0.0


def run(
    confidences: np.ndarray, wrong: np.ndarray, answers: np.ndarray, terms: Terms, chance: np.random.Generator
) -> tuple[np.ndarray, set[float], int]:
    """Play one stream: which were accepted, every threshold that was in force, and how many alarms there were."""
    cell = Cell(terms)
    accepted = np.zeros(len(confidences), bool)
    thresholds = set()
    draws = chance.random(len(confidences)).tolist()
    for at, (confidence, draw, answer) in enumerate(
        zip(confidences.tolist(), draws, answers.tolist(), strict=True)
    ):
        counts = draw < cell.sampled
        action = cell.decide(confidence, draw=draw).action
        accepted[at] = action != Action.REVIEW
        if action == Action.ACCEPT:
            continue
        cell.absorb(confidence, wrong=answer, accepted=bool(accepted[at]), counts=counts)
        if cell.threshold is not None:
            thresholds.add(cell.threshold)
    return accepted, thresholds, cell.alarms


def stationary(kind: str, given: argparse.Namespace, terms: Terms) -> dict[str, Any]:
    chance = np.random.default_rng([given.seed, STATIONARY.index(kind)])
    thresholds, rates = oracle(kind, given.budget)
    best = np.nonzero(rates <= given.budget)[0]
    most = (best[-1] + 1) / len(rates) if len(best) else 0.0
    broken = ever = alarms = 0
    shares = []
    for _ in range(given.runs):
        confidences, wrongs = stream(kind, given.rows, given.budget, chance)
        wrong = chance.random(given.rows) < wrongs
        noisy = wrong ^ (chance.random(given.rows) < NOISE) if kind == "label_noise" else wrong
        accepted, held, alarmed = run(confidences, wrong, noisy, terms, chance)
        broken += bool(wrong[accepted].sum() > given.budget * accepted.sum())
        ever += any(true_rate(thresholds, rates, threshold) > given.budget * 1.0001 for threshold in held)
        alarms += alarmed > 0
        shares.append(accepted.mean())
    return {
        "violation_share": broken / given.runs,
        "ever_violation_share": ever / given.runs,
        "alarm_share": alarms / given.runs,
        "accepted_share": round(float(np.mean(shares)), 4),
        "oracle_share": round(float(most), 4),
    }


def coverage(given: argparse.Namespace, answers: int, kind: str = "calibrated") -> tuple[float, float, float]:
    """Mean coverage of the oracle by certificates, how many of them are wrong, and how many of the naive rule's."""
    chance = np.random.default_rng([given.seed, answers])
    thresholds, rates = oracle(kind, given.budget)
    most = (np.nonzero(rates <= given.budget)[0][-1] + 1) / len(rates)
    covered, wrongly, naively = [], 0, 0
    for _ in range(given.runs):
        confidences, wrongs = stream(kind, answers, given.budget, chance)
        wrong = chance.random(answers) < wrongs
        found = certify(
            zip(confidences, wrong, np.ones(answers), strict=True),
            budget=given.budget,
            confidence=given.confidence,
        )
        covered.append(volume(thresholds, found.threshold) / most)
        wrongly += (
            found.threshold is not None and true_rate(thresholds, rates, found.threshold) > given.budget
        )
        order = np.argsort(-confidences, kind="stable")
        within = np.nonzero(np.cumsum(wrong[order]) <= given.budget * np.arange(1, answers + 1))[0]
        if len(within):
            naively += true_rate(thresholds, rates, confidences[order][within[-1]]) > given.budget
    return float(np.mean(covered)), wrongly / given.runs, naively / given.runs


def served(given: argparse.Namespace, answers: int) -> float:
    """Mean coverage of the oracle by the proof that serves, looked at as it is there, after so many answers."""
    chance = np.random.default_rng([given.seed, answers, 1])
    thresholds, rates = oracle("calibrated", given.budget)
    most = (np.nonzero(rates <= given.budget)[0][-1] + 1) / len(rates)
    covered = []
    for _ in range(given.runs):
        confidences, wrongs = stream("calibrated", answers, given.budget, chance)
        wrong = chance.random(answers) < wrongs
        evidence = Evidence(budget=given.budget, confidence=given.confidence)
        for each in zip(confidences.tolist(), wrong.tolist(), strict=True):
            if evidence.absorb(*each):
                evidence.certification()
        covered.append(volume(thresholds, evidence.certification().threshold) / most)
    return float(np.mean(covered))


def expected(given: argparse.Namespace) -> float:
    """How often the threshold at which the scores expect the budget breaks it, where the model is overconfident."""
    chance = np.random.default_rng([given.seed, 7])
    thresholds, rates = oracle("overconfident", given.budget)
    broken = 0
    for _ in range(given.runs):
        confidences = -np.sort(-stream("overconfident", 1000, given.budget, chance)[0])
        within = np.nonzero(np.cumsum(1 - confidences) <= given.budget * np.arange(1, 1001))[0]
        broken += bool(len(within)) and true_rate(thresholds, rates, confidences[within[-1]]) > given.budget
    return broken / given.runs


def alarm(rate: float, most: int, budget: float, chance: np.random.Generator) -> float:
    harm = Harm(budget)
    for wrong in (chance.random(most) < rate).tolist():
        harm.absorb(wrong)
        if harm.evidence >= ALARM:
            return harm.answers
    return math.inf


def recovery(kind: str, given: argparse.Namespace, terms: Terms) -> dict[str, Any]:
    """Predictions after a shift to six times the errors until the accepted keep the budget again, for good."""
    chance = np.random.default_rng([given.seed, 99, kind == "slow"])
    before, after = 8_000, 24_000
    took = []
    for _ in range(min(given.runs, SHIFTS)):
        confidences, wrongs = stream("calibrated", before + after, given.budget, chance)
        ramp = np.clip((np.arange(before + after) - before) / (6_000 if kind == "slow" else 1), 0, 1)
        wrong = chance.random(len(wrongs)) < np.minimum(0.9, wrongs * (1 + 5 * ramp) + 0.02 * ramp)
        accepted, _, _ = run(confidences, wrong, wrong, terms, chance)
        places = np.nonzero(accepted)[0]
        errors = np.concatenate([[0], np.cumsum(wrong[places])])
        recent = errors[WINDOW:] - errors[:-WINDOW] if len(errors) > WINDOW else np.zeros(0)
        # Twice the budget: half of the windows of 500 of a stream just within it lie above the budget itself.
        bad = places[WINDOW - 1 :][recent > 2 * given.budget * WINDOW]
        took.append(max(0, int(bad[-1]) - before) if len(bad) else 0)
    return {"median": float(np.median(took)), "p90": float(np.quantile(took, 0.9))}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--budget", type=float, default=0.02)
    parser.add_argument("--confidence", type=float, default=0.9)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    terms = Terms(budget=given.budget, confidence=given.confidence)
    streams = {}
    for kind in STATIONARY:
        streams[kind] = stationary(kind, given, terms)
        print(f"{kind}: {streams[kind]}", file=sys.stderr, flush=True)
    figures = {answers: coverage(given, answers) for answers in (1000, 3000)}
    print(f"coverage: {figures}", file=sys.stderr, flush=True)
    blurred = {answers: round(coverage(given, answers, "blurred")[0], 4) for answers in (1000, 3000)}
    chance = np.random.default_rng([given.seed, 5])
    alarms = [alarm(3 * given.budget, 10_000, given.budget, chance) for _ in range(given.runs)]
    false = [alarm(given.budget, 10_000, given.budget, chance) for _ in range(given.runs)]
    print("harm: done", file=sys.stderr, flush=True)
    shifts = {kind: recovery(kind, given, terms) for kind in ("sudden", "slow")}
    print(
        json.dumps(
            {
                "runs": given.runs,
                "budget": given.budget,
                "confidence": given.confidence,
                "violation_share": max(found["violation_share"] for found in streams.values()),
                "ever_violation_share": max(found["ever_violation_share"] for found in streams.values()),
                "certificate_violation_share": max(figures[1000][1], figures[3000][1]),
                "naive_violation_share": figures[1000][2],
                "expected_violation_share": expected(given),
                "one_look_coverage_of_oracle_1000": round(figures[1000][0], 4),
                "one_look_coverage_of_oracle_3000": round(figures[3000][0], 4),
                "coverage_of_oracle_1000": round(served(given, 1000), 4),
                "coverage_of_oracle_3000": round(served(given, 3000), 4),
                "one_look_coverage_blurred": blurred,
                "harm_alarm_median": float(np.median(alarms)),
                "harm_false_alarm_share": float(np.mean(np.isfinite(false))),
                "recovery": shifts,
                "streams": streams,
            }
        )
    )


if __name__ == "__main__":
    main()
