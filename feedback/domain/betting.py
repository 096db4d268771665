"""The wealth of bets that a rate is on one side of the budget: evidence that may be looked at at any time.

A bet that is fair or worse under a hypothesis seldom wins: its wealth, 1 at the start, exceeds 1/α with a probability
of at most α, at whatever time one looks (Ville 1939; Waudby-Smith & Ramdas 2024, "Estimating means of bounded random
variables by betting"; weighted by inclusion as in Waudby-Smith & al. 2021).
"""

import numpy as np
from numpy.typing import NDArray

BETS = 1 - np.geomspace(0.002, 0.95, 24)
"""Shares of the largest bet that the capital is split over evenly; a mixture needs no order of the answers."""


def within_budget(wrong: NDArray[np.bool_], inclusion: NDArray[np.float64], budget: float) -> float:
    """ln of the wealth after all answers of a bet that the error rate is below `budget`; both of shape (n,).

    Answer i was seen with the known probability `inclusion[i]`, 0 < π ≤ 1, whether `wrong` or not, and stands
    for 1/π: the factor is 1 + λ (ε - wrong) π_min / π. Its mean is at most 1 wherever the rate is ε or more.
    """
    if not len(wrong):
        return 0.0
    scale = inclusion.min() / inclusion / (1 - budget)
    gains = np.log1p(BETS[:, None] * scale * np.where(wrong, budget - 1, budget)).sum(axis=1)
    top = gains.max()
    return float(top + np.log(np.exp(gains - top).mean()))
