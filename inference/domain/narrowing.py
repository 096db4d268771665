"""A narrower model in the place of another: which architecture, and whether it may stand in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HALF, QUARTER = "small_resnet_half", "small_resnet_quarter"
WIDTHS = {HALF: (16, 32, 64, 128), QUARTER: (8, 16, 32, 64)}
"""Channels of the blocks, by name; half the channels are about a quarter of the work."""
LEAST_JUDGED = 30


def narrower_than(architecture: str) -> str | None:
    """The architecture to try in the place of that one; None where there is none narrower."""
    if architecture.startswith(QUARTER):
        return None
    return QUARTER if architecture.startswith(HALF) else HALF


def few(judged: int) -> str:
    """Why so many images cannot tell whether it holds; empty where they can."""
    if judged >= LEAST_JUDGED:
        return ""
    return (
        f"Whether the narrower model holds cannot be told: it takes {LEAST_JUDGED} labelled images that neither "
        f"learned from; there are {judged}."
    )


def refusal(figures: Mapping[str, Any], margin: float) -> str:
    """Why the narrower model is not to be kept; empty where its accuracy holds and something is won.

    `figures` have `right` and `parent_right` of `labelled` images that neither learned from, and `latency_ms` and
    `parent_latency_ms` of one picture (p50). It holds where it is right on no fewer images than the parent, but for
    the share `margin` of them.
    """
    count = figures["labelled"]
    if too_few := few(count):
        return too_few
    lost = (figures["parent_right"] - figures["right"]) / count
    if lost > margin:
        return (
            f"The narrower model is right on {figures['right']} of {count} images, its parent on "
            f"{figures['parent_right']}: that is {lost:.1%} less, and {margin:.1%} is allowed."
        )
    if figures["latency_ms"] >= figures["parent_latency_ms"]:
        return (
            f"The narrower model takes {figures['latency_ms']:.2f} ms for one picture, its parent "
            f"{figures['parent_latency_ms']:.2f}: nothing is won."
        )
    return ""
