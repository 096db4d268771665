"""Exact binomial tails and the Clopper-Pearson bound, with nothing but `math`."""

import math

TINY = 1e-300
PRECISION = 1e-15
MOST_TERMS = 100_000


def tail(successes: int, trials: int, probability: float) -> float:
    """P(X ≤ successes) for X ~ Binomial(trials, probability): 0..1.

    By the regularised incomplete beta function, I(1 - p; n - k, k + 1) (Abramowitz & Stegun 1964, 26.5.24).
    """
    if successes < 0:
        return 0.0
    if successes >= trials or probability <= 0:
        return 1.0
    if probability >= 1:
        return 0.0
    return _incomplete_beta(trials - successes, successes + 1, 1 - probability)


def upper_bound(successes: int, trials: int, level: float) -> float:
    """The rate, 0..1, that is exceeded in no more than `level` of all samples (Clopper & Pearson 1934).

    The p for which P(X ≤ successes) = level; 1 without trials. `level` is 0..1, not 0.
    """
    if trials == 0 or successes >= trials:
        return 1.0
    if successes == 0:
        return -math.expm1(math.log(level) / trials)
    low, high = successes / trials, 1.0
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if tail(successes, trials, middle) > level:
            low = middle
        else:
            high = middle
    return high


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """I(x; a, b), by its continued fraction (A&S 26.5.8) and Lentz's method."""
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return min(1.0, front * _fraction(a, b, x) / a)
    return max(0.0, 1 - front * _fraction(b, a, 1 - x) / b)


def _fraction(a: float, b: float, x: float) -> float:
    ratio, above, below = 1.0, 1.0, 1 - (a + b) * x / (a + 1)
    below = 1 / (below if abs(below) > TINY else TINY)
    ratio = below
    for m in range(1, MOST_TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            below = 1 + term * below
            below = 1 / (below if abs(below) > TINY else TINY)
            above = 1 + term / above
            above = above if abs(above) > TINY else TINY
            ratio *= below * above
        if abs(below * above - 1) < PRECISION:
            break
    return ratio
