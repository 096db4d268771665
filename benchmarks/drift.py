"""How soon a change in what the cameras send is found, and how often one is found that is not there.

usage: drift.py [--seed 0] [--streams 15] [--stationary 300000]

Streams of captures of a synthetic shop (`drift_shop`) go through the code that watches a project
(`inference.domain.drift`): three cameras by turns, 1,920 captures of reference, 300 more, then a change. `kinds` has
for each the median number of captures, of all cameras together, until something is found; a stream in which nothing is
found within 6,000 counts as 6,000. `joint_false_alarms_per_10000` counts every alarm of any panel on streams in which
nothing changes, each under a reference of its own; `false_alarms` and `stationary_captures` are what it was counted
from. `weekly_ks` is the common practice: once a week, of 336 captures (two an hour), a two-sided Kolmogorov-Smirnov
test of confidence against the reference at 5%, and `weekly_ks_false_alarm_share` how many quiet weeks it calls drift.
`accuracy_before_after` is the model's. Prints one JSON line last.
"""

import argparse
import json
import math
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.drift_shop import Change, Shop
from inference.domain.drift.calibrating import resampled
from inference.domain.drift.features import Features
from inference.domain.drift.watch import Watch

REFERENCE, BEFORE, LONGEST = 1920, 300, 6000
USUAL, CHANGED, RUN = 9000, 3000, 60
"""Captures taken while nothing has changed, and after each change; streams are played from them in runs."""
WEEK, KS_LEVEL = 336, 0.05
KINDS = {
    "brightness ramp": Change(gain=0.7, ramp=600),
    "blur": Change(blur=1),
    "blur of one camera": Change(blur=1, camera="drinks"),
    "darker": Change(gain=0.8),
    "label shift": Change(shares={"in_stock": 0.35, "low_stock": 0.15, "out_of_stock": 0.4, "blocked": 0.1}),
    "new packaging": Change(packaging=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--streams", type=int, default=15)
    parser.add_argument("--stationary", type=int, default=300_000)
    options = parser.parse_args()
    begun = time.monotonic()
    random = np.random.default_rng(options.seed)
    shop = Shop(options.seed)
    usual = shop.features(USUAL, random)
    after = {
        name: shop.features(CHANGED, random, settled(change))
        for name, change in tqdm(KINDS.items(), desc="taking", file=sys.stderr)
    }
    delays: dict[str, list[int]] = {name: [] for name in KINDS}
    weekly: dict[str, list[int]] = {name: [] for name in KINDS}
    alarms = captures = weeks = weeks_called = 0
    each = math.ceil(options.stationary / options.streams)
    for number in tqdm(range(options.streams), desc="streams", file=sys.stderr):
        reference = played(usual, REFERENCE, random)
        learnt = Watch.learn(reference, seed=number).learnt_json()
        for name, change in KINDS.items():
            first = shop.features(change.ramp, random, change) if change.ramp else usual[:0]
            changed = joined(first, played(after[name], LONGEST - change.ramp, random))
            delays[name].append(found(learnt, usual, changed, random))
            weekly[name].append(found_weekly(reference, changed, random))
        quiet = played(usual, each, random)
        alarms += len(Watch.from_json(learnt, {}).absorb(quiet))
        captures += each
        for start in range(0, each - WEEK + 1, WEEK):
            weeks += 1
            weeks_called += differ(reference.scalars[:, -1], quiet.scalars[start : start + WEEK, -1])
    accuracy = {
        name: [round(shop.accuracy(random), 3), round(shop.accuracy(random, settled(change)), 3)]
        for name, change in KINDS.items()
    }
    print(
        json.dumps(
            {
                "kinds": {name: statistics.median(each) for name, each in delays.items()},
                "nine_of_ten_within": {name: float(np.quantile(each, 0.9)) for name, each in delays.items()},
                "joint_false_alarms_per_10000": round(alarms / captures * 10_000, 3),
                "false_alarms": alarms,
                "stationary_captures": captures,
                "weekly_ks": {name: statistics.median(each) for name, each in weekly.items()},
                "weekly_ks_false_alarm_share": round(weeks_called / weeks, 3),
                "accuracy_before_after": accuracy,
                "streams": options.streams,
                "reference": REFERENCE,
                "seconds": round(time.monotonic() - begun, 1),
            }
        )
    )


def played(taken: Features, count: int, random: np.random.Generator) -> Features:
    """`count` captures out of those taken, in runs of RUN on average: what hangs together in time stays together."""
    return taken[resampled(len(taken), count, RUN, random)]


def joined(one: Features, other: Features) -> Features:
    """One after the other."""
    return Features(
        *(
            np.concatenate((getattr(one, name), getattr(other, name)))
            for name in ("scalars", "labels", "embeddings", "sources")
        )
    )


def found(learnt: dict, usual: Features, changed: Features, random: np.random.Generator) -> int:
    """Captures from the change until a panel says so, LONGEST if none does; the watch is quiet when it comes."""
    watch = Watch.from_json(learnt, {})
    while watch.absorb(played(usual, BEFORE, random)) or watch.changed:
        watch = Watch.from_json(learnt, {})
    changes = watch.absorb(changed)
    return changes[0].finding.at + 1 if changes else LONGEST


def found_weekly(reference: Features, changed: Features, random: np.random.Generator) -> int:
    """Captures from the change until a test at a week's end says so, the change coming at any time of a week."""
    for end in range(int(random.integers(1, WEEK + 1)), LONGEST + 1, WEEK):
        # A week that the change comes in the middle of counts from its part after it: this favours the test.
        week = changed.scalars[max(0, end - WEEK) : end, -1]
        if differ(reference.scalars[:, -1], week):
            return end
    return LONGEST


def differ(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether a two-sided, two-sample Kolmogorov-Smirnov test at KS_LEVEL says so (Smirnov 1948, asymptotic)."""
    every = np.concatenate((one, other))
    gap = np.abs(
        np.searchsorted(np.sort(one), every, side="right") / len(one)
        - np.searchsorted(np.sort(other), every, side="right") / len(other)
    ).max()
    size = len(one) * len(other) / (len(one) + len(other))
    return bool(gap * math.sqrt(size) > math.sqrt(-math.log(KS_LEVEL / 2) / 2))


def settled(change: Change) -> Change:
    """A ramp at its end."""
    return Change(change.gain, 0, change.blur, change.packaging, change.shares, change.camera)


if __name__ == "__main__":
    main()
