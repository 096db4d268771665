"""What a change is made of, once it was found: how far captures of before and after are apart, by what, which most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.domain.drift.features import Features
from inference.domain.drift.two_samples import discrepancy, separation

LEAST = 20
"""Captures on each side: of fewer nothing is said."""
MOST = 200
"""On each side: more make it slow and hardly surer."""
COLUMNS = {"brightness": (0, 1), "contrast": (1, 2), "sharpness": (2, 3), "colour": (3, 5)}
"""Those of `Features.scalars` that are of the picture."""
EMBEDDING = "embedding"


@dataclass(frozen=True)
class Explanation:
    """Of `before` and `after` captures.

    `squared`, `p`: the maximum mean discrepancy, and how likely as much is by chance. `auroc` within `low`..`high`: how
    well the two are told apart by pictures and embeddings. `alone`: the same by each group of numbers alone, the most
    telling first. `newest`: the places of the captures after that are the least like those before, the least first.
    """

    before: int
    after: int
    squared: float
    p: float
    auroc: float
    low: float
    high: float
    alone: tuple[tuple[str, float], ...]
    newest: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """All but `newest`: those are places in what the caller has."""
        return {
            "before": self.before,
            "after": self.after,
            "mmd_squared": round(self.squared, 4),
            "p": round(self.p, 4),
            "auroc": round(self.auroc, 3),
            "auroc_low": round(self.low, 3),
            "auroc_high": round(self.high, 3),
            "alone": {name: round(area, 3) for name, area in self.alone},
        }


def explain(before: Features, after: Features, *, show: int = 6) -> Explanation | None:
    """Compare two stretches of captures of the same sources; None where either has fewer than LEAST.

    Each source is held against what it was itself, so that cameras that send at another pace do not look like a
    change. Predicted labels and confidences are not looked at: it is about what came, not about what was said of it.
    """
    if min(len(before), len(after)) < LEAST:
        return None
    groups = _groups(before, after)
    whole = np.hstack(list(groups.values()))
    count = len(before)
    found = discrepancy(whole[:count], whole[count:])
    told = separation(whole[:count], whole[count:])
    alone = {name: separation(part[:count], part[count:]).auroc for name, part in groups.items()}
    return Explanation(
        count,
        len(after),
        found.squared,
        found.p,
        told.auroc,
        told.low,
        told.high,
        tuple(sorted(alone.items(), key=lambda pair: -pair[1])),
        tuple(int(place) for place in np.argsort(-told.scores[count:], kind="stable")[:show]),
    )


def _groups(before: Features, after: Features) -> dict[str, np.ndarray]:
    """By name, [N + M, columns] less the mean of the same source before, each group of a variance of 1 in all, so
    that one of many columns weighs no more than one of a single column. What never varies, or is not there, is out."""
    sources = np.concatenate((before.sources, after.sources))
    scalars = np.vstack((before.scalars, after.scalars))
    parts = {name: scalars[:, start:stop] for name, (start, stop) in COLUMNS.items()}
    parts[EMBEDDING] = np.vstack((before.embeddings, after.embeddings)).astype(np.float64)
    groups = {}
    for name, part in parts.items():
        centred = part.copy()
        for source in set(sources):
            own = sources == source
            usual = own[: len(before)]
            centred[own] -= part[: len(before)][usual].mean(axis=0) if usual.any() else part.mean(axis=0)
        spread = np.sqrt(centred.var(axis=0).sum())
        if spread > 0:
            groups[name] = centred / spread
    return groups
