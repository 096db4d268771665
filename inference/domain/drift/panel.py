"""A panel: one stream of captures watched for a change by every detector together, until it says there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.domain.drift.baseline import Baseline, start
from inference.domain.drift.calibrating import thresholds
from inference.domain.drift.detectors import DETECTORS, WINDOWS, Detectors
from inference.domain.drift.features import Features

LEAST = 60
"""Captures in a reference: of fewer nothing can be said."""
QUIET = 60
"""So many captures in a row without a statistic above its threshold end a change."""

_HIGHEST = 1.5
"""Times its threshold, the CUSUM at most."""


@dataclass(frozen=True)
class Finding:
    """Group `group` passed its threshold by `detector` at capture number `at` (0-based) of what was absorbed;
    `ratio` is the statistic over its threshold, above 1."""

    at: int
    group: str
    detector: str
    ratio: float


@dataclass(frozen=True)
class Shift:
    """How far a group lies from the reference over the newest `count` captures, in standard deviations of one capture:
    `size` its length ≥ 0, `means` column by column (signed), `ratio` over the threshold of that window."""

    group: str
    size: float
    means: tuple[float, ...]
    count: int
    ratio: float


class Panel:
    """Watches the captures of the sources of its reference. One joint rate of false alarms holds for all of it.

    It is `changed` from a finding on until QUIET captures in a row were as usual: one change is found once.
    """

    def __init__(self, baseline: Baseline, limits: np.ndarray, reference_size: int) -> None:
        self.baseline = baseline
        self.limits = limits
        self.reference_size = reference_size
        self.seen = 0
        self.changed = False
        self._quiet = 0
        self._detectors = self._begun()
        self._newest = np.zeros_like(limits)

    @classmethod
    def learn(cls, reference: Features, *, per_capture: float, seed: int = 0) -> Panel:
        """From captures while all was well, oldest first. Raises ValueError for fewer than LEAST of them."""
        if len(reference) < LEAST:
            raise ValueError(f"a reference has at least {LEAST} captures, not {len(reference)}.")
        baseline, measured = start(reference)
        limits = thresholds(baseline, measured, per_capture=per_capture, seed=seed)
        return cls(baseline, limits, len(reference))

    def absorb(self, features: Features) -> list[Finding]:
        """Take in captures of its sources, oldest first; the findings that begin a change, the strongest of each."""
        if not len(features):
            return []
        distances = self.baseline.distances(self.baseline.measure(features))
        found: list[Finding] = []
        done = 0
        while done < len(distances):
            ratios = self._detectors.run(distances[None, done:])[0] / self.limits
            loud = ratios.max(axis=(1, 2)) >= 1
            if not self.changed and loud.any():
                at = int(loud.argmax())
                group, detector = np.unravel_index(int(ratios[at].argmax()), ratios[at].shape)
                found.append(
                    Finding(
                        done + at,
                        self.baseline.groups[group],
                        DETECTORS[detector],
                        float(ratios[at].max()),
                    )
                )
                self.changed, self._quiet = True, 0
                loud = loud[at:]
            if not self.changed:
                break
            calm = self._calm_at(loud)
            if calm is None:
                break
            # What follows the end of a change is watched from the beginning, a new change included.
            done = len(distances) - len(loud) + calm + 1
            self.changed = False
            self._detectors.forget()
        self._newest = ratios[-1]
        self.seen += len(features)
        return found

    def _calm_at(self, loud: np.ndarray) -> int | None:
        """The place in `loud` [N] at which QUIET captures in a row were as usual; None where that is still to come."""
        for place, is_loud in enumerate(loud):
            self._quiet = 0 if is_loud else self._quiet + 1
            if self._quiet >= QUIET:
                self._quiet = 0
                return place
        return None

    def shifts(self) -> list[Shift]:
        """Every group against the reference, over the longest window that is full, else over what there is."""
        tail = np.array(self._detectors.state()["tail"])
        if not len(tail):
            return []
        place = max((i for i, size in enumerate(WINDOWS) if size <= len(tail)), default=0)
        newest = tail[-WINDOWS[place] :]
        edges = [*self.baseline.starts, tail.shape[1]]
        shifts = []
        for number, group in enumerate(self.baseline.groups):
            means = newest[:, edges[number] : edges[number + 1]].mean(axis=0)
            size = float(np.linalg.norm(means))
            ratio = size * len(newest) ** 0.5 / float(self.limits[number, place])
            shifts.append(Shift(group, size, tuple(float(mean) for mean in means), len(newest), ratio))
        return shifts

    def loudness(self) -> dict[str, float]:
        """By group, the highest of its statistics over their thresholds, after the newest capture; 1 is an alarm."""
        return {group: float(self._newest[number].max()) for number, group in enumerate(self.baseline.groups)}

    def to_json(self) -> dict[str, Any]:
        """All of it but what it learnt: see `learnt_json`."""
        return {
            "seen": self.seen,
            "changed": self.changed,
            "quiet": self._quiet,
            "newest": self._newest.round(4).tolist(),
            **self._detectors.state(),
        }

    def learnt_json(self) -> dict[str, Any]:
        return {
            "baseline": self.baseline.to_json(),
            "limits": self.limits.round(4).tolist(),
            "reference_size": self.reference_size,
        }

    @classmethod
    def from_json(cls, learnt: Mapping[str, Any], state: Mapping[str, Any]) -> Panel:
        """Know what `learnt_json` and `to_json` were taken from; an empty state is a panel that has seen nothing."""
        panel = cls(
            Baseline.from_json(learnt["baseline"]), np.array(learnt["limits"]), learnt["reference_size"]
        )
        if state:
            panel.seen, panel.changed, panel._quiet = state["seen"], state["changed"], state["quiet"]
            panel._newest = np.array(state["newest"])
            panel._detectors.restore(state)
        return panel

    def _begun(self) -> Detectors:
        width = 6 + len(self.baseline.labels) + self.baseline.projection.axes.shape[1]
        return Detectors(self.baseline.starts, width, highest=_HIGHEST * self.limits[:, -1])
