"""Which labels can be trusted: where the interval of each label's α lies against the project's floor."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Standing(StrEnum):
    """Of an α: its whole interval at or above the floor, around it, wholly below it; or there is none."""

    TRUSTED = "trusted"
    UNSURE = "unsure"
    DISTRUSTED = "distrusted"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """Keys of labels by where they stand, each in the order given; `overall` is where α of all labels stands."""

    overall: Standing
    labels: Mapping[Standing, tuple[str, ...]]


def standing(
    value: float | None, interval: tuple[float, float] | list[float] | None, floor: float
) -> Standing:
    """Where an α stands; without an interval the value alone tells, and never more than that it is unsure."""
    if value is None:
        return Standing.UNKNOWN
    if interval is None:
        return Standing.UNSURE
    low, high = interval
    if low >= floor:
        return Standing.TRUSTED
    return Standing.DISTRUSTED if high < floor else Standing.UNSURE


def verdict(alpha: Mapping[str, Any], labels: Mapping[str, Mapping[str, Any]], floor: float) -> Verdict:
    """From a report's `coefficients.krippendorff_alpha` and `labels`; floor: -1..1, of Krippendorff (2004) 0.667.

    A label nobody used is left out.
    """
    found: dict[Standing, list[str]] = {each: [] for each in Standing}
    for key, label in labels.items():
        if label["support"]:
            found[standing(label["alpha"], label["ci"], floor)].append(key)
    return Verdict(
        standing(alpha["value"], alpha["ci"], floor), {each: tuple(keys) for each, keys in found.items()}
    )
