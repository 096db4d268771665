"""How far a share counted on a sample may lie from the true one."""

import math

Z_95 = 1.959963984540054
"""The standard normal quantile at 0.975."""


def wilson(hits: int, count: int, z: float = Z_95) -> tuple[float, float] | None:
    """The interval (low, high), 0..1, of a share of `hits` out of `count`; None where nothing was counted.

    Wilson 1927 (score interval, without continuity correction); two-sided 95% by default. Raises ValueError
    unless 0 ≤ hits ≤ count.
    """
    if not 0 <= hits <= count:
        raise ValueError(f"hits must be from 0 to {count}, not {hits}.")
    if count == 0:
        return None
    return wilson_share(hits / count, count, z)


def wilson_share(share: float, count: float, z: float = Z_95) -> tuple[float, float]:
    """`wilson` of a share 0..1 seen in `count` > 0 answers, which need not be whole: of weighted ones it is how many
    of equal weight say as much."""
    # Sums of weights can come to a hair outside.
    share = min(max(share, 0.0), 1.0)
    spread = z * z / count
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    # Rounding must not put the share itself outside.
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
