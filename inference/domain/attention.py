"""Where a model looked: maps brought to 0..1, and occlusion for a model that gives none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

GRID = 7
GREY = 114


def brought_to_shares(activation: np.ndarray) -> np.ndarray:
    """A map [h, w] as 0..1: 1 where most spoke for the predicted label, 0 where nothing did or it spoke against.

    All 0 where nothing spoke for it.
    """
    positive = np.maximum(np.nan_to_num(np.asarray(activation, dtype=np.float64)), 0)
    highest = positive.max()
    return positive / highest if highest > 0 else positive


def occlusion(
    picture: np.ndarray, predict: Callable[[np.ndarray], np.ndarray], grid: int = GRID
) -> np.ndarray:
    """How far the predicted label's probability falls when a part of uint8 [3, S, S] is hidden, [grid, grid].

    `predict` gives probabilities [N, C] of pictures [N, 3, S, S]. Each part is covered by grey (Zeiler and Fergus
    2014, section 4.2).
    """
    edges = np.linspace(0, picture.shape[1], grid + 1).round().astype(int)
    whole = predict(picture[None])[0]
    winner = int(whole.argmax())
    hidden = np.repeat(picture[None], grid * grid, axis=0)
    for place in range(grid * grid):
        row, column = divmod(place, grid)
        hidden[place, :, edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = GREY
    return (whole[winner] - predict(hidden)[:, winner]).reshape(grid, grid)
