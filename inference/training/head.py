"""A linear head fitted to embeddings: a base learns new labels in seconds, its backbone as it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

DECAYS = (1e-4, 1e-3, 1e-2, 1e-1)
ITERATIONS = 60


def fit_head(
    embeddings: np.ndarray,
    labels: np.ndarray,
    count: int,
    *,
    weights: np.ndarray | None = None,
    decay: float = 1e-2,
) -> tuple[np.ndarray, np.ndarray]:
    """The weight [C, D] and bias [C] of a logistic regression on embeddings [N, D] with labels [N] in 0..count-1.

    Each label counts the same, whatever its number of examples; `weights` [N] ≥ 0 share that out among them. `decay`
    is the penalty on half the squared weights of standardised embeddings. A label without examples is
    hardly ever said.
    """
    points = torch.from_numpy(np.asarray(embeddings, dtype=np.float64))
    truth = torch.from_numpy(np.asarray(labels, dtype=np.int64))
    shares = _shares(labels, count, weights)
    mean, spread = points.mean(dim=0), points.std(dim=0, correction=0).clamp(min=1e-6)
    standard = (points - mean) / spread
    weight = torch.zeros(count, points.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(count, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=ITERATIONS, history_size=10, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        each = functional.cross_entropy(standard @ weight.T + bias, truth, reduction="none")
        loss = (shares * each).sum() + decay / 2 * weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        raw = weight / spread
        return raw.numpy(), (bias - raw @ mean).numpy()


def best_decay(
    train: tuple[np.ndarray, np.ndarray, np.ndarray],
    val: tuple[np.ndarray, np.ndarray],
    count: int,
    decays: Sequence[float] = DECAYS,
) -> float:
    """The one of `decays` with the lowest loss on `val` (embeddings, labels), fitted to `train` (those and weights)."""

    def loss(decay: float) -> float:
        weight, bias = fit_head(train[0], train[1], count, weights=train[2], decay=decay)
        logits = torch.from_numpy(val[0] @ weight.T + bias)
        return float(functional.cross_entropy(logits, torch.from_numpy(val[1])))

    return min(decays, key=loss)


def _shares(labels: np.ndarray, count: int, weights: np.ndarray | None) -> torch.Tensor:
    given = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    mass = np.bincount(labels, weights=given, minlength=count)
    share = given / np.where(mass > 0, mass, 1)[labels]
    return torch.from_numpy(share / share.sum())
