"""Platt scaling: what a detector's scores are worth, by a line on their logits."""

from __future__ import annotations

import numpy as np

_STEPS = 50
_GENTLEST = 0.05
"""The least slope: a higher logit is never worth less."""


def fit_line(logits: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of the logit that a box [K] is right, least in negative log likelihood.

    Platt 1999 ("Probabilistic outputs for support vector machines"), with its targets (N+ + 1) / (N+ + 2) and
    1 / (N- + 2), which keep the confidence of what is all right below 1; Newton's method. (1, 0) where there are no
    boxes or all are alike, as the line has no hold then.
    """
    x = np.asarray(logits, dtype=np.float64)
    hit = np.asarray(right, dtype=bool)
    positive, negative = int(hit.sum()), int((~hit).sum())
    if not positive or not negative:
        return 1.0, 0.0
    wanted = np.where(hit, (positive + 1) / (positive + 2), 1 / (negative + 2))
    design = np.stack([x, np.ones_like(x)], axis=1)
    line = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-np.clip(design @ line, -30, 30)))
        slope = design.T @ (said - wanted)
        curvature = (design * (said * (1 - said) + 1e-9)[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        # Far from the best line a whole step may overshoot.
        line = line - step * min(1.0, 2.0 / max(1e-12, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-8:
            break
    if line[0] < _GENTLEST:
        return 1.0, 0.0
    return float(line[0]), float(line[1])
