"""What looking for drift came to, in the words of others' test suites: Evidently's names, whylogs' counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PER_COLUMN, SHARE = "Drift per Column", "Share of Drifted Columns"
GROUP = "data_drift"
STATTEST = "sequential panel, statistic over its threshold"
THRESHOLD = 1.0


@dataclass(frozen=True)
class Look:
    """The newest look at one source ("" for all together): by group of columns how loud it is, 1 raising the alarm."""

    source: str
    at: datetime
    captures: int
    loudness: Mapping[str, float]


def suite(looks: Sequence[Look], as_of: datetime) -> dict[str, Any]:
    """`{version, timestamp, tests, summary}` as Evidently's TestSuite.as_dict gives them (its releases up to 0.6).

    A `Drift per Column` for each source and group, and one `Share of Drifted Columns`, which passes only at none: all
    groups together hold one stated rate of false alarms, so that a share of them that may drift has no meaning here.
    Nothing is tested of a source whose reference is too small to be judged alone.
    """
    columns = {
        column_of(look.source, group): (look, value)
        for look in looks
        for group, value in look.loudness.items()
    }
    features = {name: _parameters(value) for name, (_, value) in columns.items()}
    tests = [_per_column(name, look, value) for name, (look, value) in columns.items()]
    if columns:
        tests.insert(0, _share(features))
    failed = sum(test["status"] == "FAIL" for test in tests)
    passed = len(tests) - failed
    return {
        "version": "0.6",
        "timestamp": as_of.isoformat(),
        "tests": tests,
        "summary": {
            "all_passed": not failed,
            "total_tests": len(tests),
            "success_tests": passed,
            "failed_tests": failed,
            "by_status": {name: count for name, count in (("SUCCESS", passed), ("FAIL", failed)) if count},
            "parameters": {},
        },
    }


def constraint_report(looks: Sequence[Look]) -> list[dict[str, Any]]:
    """A row a column, named as whylogs' constraint reports are: name, passed, failed, summary."""
    return [
        {
            "name": f"{column_of(look.source, group)} drift lower than {THRESHOLD:g}",
            "passed": int(value < THRESHOLD),
            "failed": int(value >= THRESHOLD),
            "summary": {"drift": value, "captures": look.captures, "at": look.at.isoformat()},
        }
        for look in looks
        for group, value in look.loudness.items()
    ]


def column_of(source: str, group: str) -> str:
    """`brightness` of all sources together, `till.brightness` of one."""
    return f"{source}.{group}" if source else group


def _parameters(value: float) -> dict[str, Any]:
    return {
        "stattest": STATTEST,
        "score": round(value, 3),
        "threshold": THRESHOLD,
        "detected": value >= THRESHOLD,
    }


def _per_column(name: str, look: Look, value: float) -> dict[str, Any]:
    return {
        "name": PER_COLUMN,
        "description": f"The drift score for the feature **{name}** is {value:.3g}, over {look.captures} captures. "
        f"The drift detection method is {STATTEST}. The drift detection threshold is {THRESHOLD:g}.",
        "status": "FAIL" if value >= THRESHOLD else "SUCCESS",
        "group": GROUP,
        "parameters": {**_parameters(value), "column_name": name},
    }


def _share(features: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    drifted = sum(bool(each["detected"]) for each in features.values())
    share = drifted / len(features)
    return {
        "name": SHARE,
        "description": f"The drift is detected for {share * 100:.3g}% features ({drifted} out of {len(features)}). "
        "The test threshold is lte=0",
        "status": "FAIL" if drifted else "SUCCESS",
        "group": GROUP,
        "parameters": {"condition": {"lte": 0}, "features": dict(features)},
    }
