"""Whether verified answers give a model's confidence a better temperature, judged on answers it was not fitted to."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from inference.domain.calibration import SMALLEST, fit_temperature, rescaled
from inference.domain.reliability import Reliability, brier_score, reliability

LEAST_ANSWERS = 100
FOLDS = 5


@dataclass(frozen=True)
class Verified:
    """N claims that people verified, in order of time.

    `probabilities` [N, C] are by the model's own scale, the first `winner` of each row what it claimed; `truth` [N]
    the index of what was true, -1 where that is none of its labels; `weights` [N] > 0 one over the chance of having
    been asked about; `labels` and `sources` [N] the names of what was claimed and of the camera.
    """

    probabilities: np.ndarray
    winner: np.ndarray
    truth: np.ndarray
    weights: np.ndarray
    labels: Sequence[str]
    sources: Sequence[str]

    def __len__(self) -> int:
        return len(self.truth)

    def at(self, temperature: float | np.ndarray) -> Verified:
        """The same claims at another temperature, or [N] of them."""
        each = np.broadcast_to(np.asarray(temperature, dtype=np.float64), len(self))
        rows = [rescaled(row[None], t)[0] for row, t in zip(self.probabilities, each, strict=True)]
        return replace(self, probabilities=np.array(rows).reshape(self.probabilities.shape))


@dataclass(frozen=True)
class Refit:
    """What a new temperature would do. `gain` is the weighted mean fall of the log loss, in nats, on answers that
    it was not fitted to, `error` the standard error of that; `before` and `after` figures as `figures` gives them."""

    temperature: float
    gain: float
    error: float
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def better(self) -> bool:
        """Whether the gain is more than its standard error: less may be chance, and every change costs evidence."""
        return self.gain > self.error


def refit(verified: Verified, in_force: float) -> Refit:
    """Fit a temperature to the claims, and hold it against the one `in_force` by cross-validation.

    FOLDS parts in order of time, so that pictures of one hour are not on both sides. Claims of which the truth is
    none of the model's labels say nothing of a temperature, and are counted as wrong. Raises ValueError for fewer
    than LEAST_ANSWERS.
    """
    if len(verified) < LEAST_ANSWERS:
        raise ValueError(f"A temperature is fitted again on at least {LEAST_ANSWERS} verified answers.")
    known = np.flatnonzero(verified.truth >= 0)
    if not len(known):
        raise ValueError("Of none of the verified answers is the truth a label of the model.")
    logits = np.log(np.clip(verified.probabilities, SMALLEST, 1))

    def fitted(rows: np.ndarray) -> float:
        return fit_temperature(logits[rows], verified.truth[rows], verified.weights[rows])

    temperatures = np.full(len(verified), in_force)
    for part in np.array_split(np.arange(len(verified)), FOLDS):
        others = np.setdiff1d(known, part)
        if len(others):
            temperatures[part] = fitted(others)
    before, after = verified.at(in_force), verified.at(temperatures)
    gains = (_log_loss(before) - _log_loss(after))[known]
    shares = verified.weights[known] / verified.weights[known].sum()
    gain = float(shares @ gains)
    return Refit(
        temperature=fitted(known),
        gain=gain,
        error=float(np.sqrt((shares**2 * (gains - gain) ** 2).sum())),
        before=figures(before),
        after=figures(after),
    )


def figures(verified: Verified) -> dict[str, Any]:
    """`{all: {…, bins, log_loss, brier_score}, by_label: {name: {…}}, by_source: {name: {…}}}`, N ≥ 1.

    What is in each is `domain.reliability.Reliability`; bins for all of them alone.
    """
    known = verified.truth >= 0
    whole = _of(verified, slice(None)).to_json()
    if known.any():
        weights = verified.weights[known]
        whole["log_loss"] = float(np.average(_log_loss(verified)[known], weights=weights))
        whole["brier_score"] = brier_score(verified.probabilities[known], verified.truth[known], weights)
    return {
        "all": whole,
        "by_label": _by(verified, verified.labels),
        "by_source": _by(verified, verified.sources),
    }


def _by(verified: Verified, names: Sequence[Hashable]) -> dict[str, dict[str, Any]]:
    found = {}
    for name in sorted(set(map(str, names))):
        rows = np.flatnonzero([str(each) == name for each in names])
        found[name] = _of(verified, rows).to_json()
        del found[name]["bins"]
    return found


def _of(verified: Verified, rows: Any) -> Reliability:
    places = np.arange(len(verified))
    confidence = verified.probabilities[places, verified.winner]
    correct = verified.winner == verified.truth
    return reliability(confidence[rows], correct[rows], verified.weights[rows])


def _log_loss(verified: Verified) -> np.ndarray:
    """-ln p(truth) [N] in nats; 0 where the truth is none of the labels."""
    said = verified.probabilities[np.arange(len(verified)), np.maximum(verified.truth, 0)]
    return np.where(verified.truth >= 0, -np.log(np.clip(said, SMALLEST, 1)), 0.0)
