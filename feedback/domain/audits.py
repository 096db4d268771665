"""How likely an accepted prediction is to be audited: never zero, more where it is likelier to be wrong."""

import math

UNIFORM = 0.5


def inclusion_probability(
    confidence: float, *, share: float, typical: float | None = None, uniform: float = UNIFORM
) -> float:
    """The chance, 0..1, that people see an accepted prediction of this `confidence`, known before the draw.

    The part `uniform` of `share` falls on all alike, the rest in proportion to √(1 - confidence): the standard
    deviation of an error where the confidence is calibrated, and so Neyman's allocation (1934). `typical` is the
    mean of √(1 - confidence) over the accepted, by which the mean stays `share`; None or 0 audits all alike.
    With `uniform` 1 every answer weighs the same, and exact bounds hold. Raises ValueError for a share or a part
    out of range.
    """
    if not (0 <= share <= 1 and 0 < uniform <= 1):
        raise ValueError("a share is from 0 to 1, and some of it uniform.")
    if not typical:
        return share
    doubt = math.sqrt(max(0.0, 1 - confidence))
    return min(1.0, share * (uniform + (1 - uniform) * doubt / typical))
