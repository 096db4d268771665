"""Whether several answers to one task settle it, by the rule of its queue, and how far apart they are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labeling.domain.agreement.matching import greedy, iou
from labeling.enums import Consensus

Value = dict[str, Any] | None
SAME_BOX_IOU = 0.5
"""Two drawings are of the same thing from here on, as the box figures of the agreement report have it."""
MOST_PRIORITY = 9


@dataclass(frozen=True)
class Decision:
    """`value` is what was decided, None for "can't tell"; it means nothing unless `is_settled`.

    `support`: how many answers say so.
    """

    is_settled: bool
    value: Value
    support: int


def decide(values: Sequence[Value], *, rule: Consensus = Consensus.MAJORITY, quorum: int = 0) -> Decision:
    """What the answers come to. `None` stands for "can't tell" and is a vote like any other.

    Unanimous: all say the same. Majority: more than half do, and at least `quorum` answers. Dawid and Skene's
    rule looks at the whole project's answers: see `by_posterior`.
    Boxes say the same where they pair off one to one with IoU ≥ 0.5 and equal labels; of those who agree, the
    answer that the most others are like is taken as it is. Raises ValueError for no answers.
    """
    if not values:
        raise ValueError("no answers to agree on")
    like = [[alike(one, other) for other in values] for one in values]
    support = [sum(row) for row in like]
    first = max(range(len(values)), key=lambda place: support[place])
    most = support[first]
    enough = most == len(values) if rule == Consensus.UNANIMOUS else most * 2 > len(values) and most >= quorum
    return Decision(enough, values[first], most)


def by_posterior(posterior: Mapping[str, float], *, floor: float) -> Decision:
    """The label that Dawid and Skene's model holds likeliest, where its posterior reaches `floor`, 0..1.

    `posterior` is by label; `support` is 0, for it is no count of answers. Raises ValueError for no labels.
    """
    if not posterior:
        raise ValueError("no labels to choose from")
    label = max(posterior, key=lambda key: posterior[key])
    return Decision(posterior[label] >= floor, {"label": label}, 0)


def alike(one: Value, other: Value) -> bool:
    """Whether two answers say the same of an image."""
    if one == other:
        return True
    if one is None or other is None or "regions" not in one or "regions" not in other:
        return False
    return _same_boxes(one["regions"], other["regions"])


def _same_boxes(one: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]]) -> bool:
    if len(one) != len(other):
        return False
    boxes = np.array([region["box"] for region in (*one, *other)], dtype=np.float64)
    who = np.repeat([0, 1], [len(one), len(other)])
    thing = greedy(iou(boxes, boxes), who, SAME_BOX_IOU)
    labels = [region["label"] for region in (*one, *other)]
    of_one = {int(group): label for group, label in zip(thing[: len(one)], labels[: len(one)], strict=True)}
    return all(
        of_one.get(int(group)) == label
        for group, label in zip(thing[len(one) :], labels[len(one) :], strict=True)
    )


def entropy(values: Sequence[Value]) -> float:
    """How divided the votes are, in bits (Shannon 1948): 0 where all say the same, 1 for one against one.

    Votes that are alike count as one choice, the first of them standing for it.
    """
    choices: list[Value] = []
    votes: list[int] = []
    for value in values:
        place = next((n for n, choice in enumerate(choices) if alike(choice, value)), len(choices))
        if place == len(choices):
            choices.append(value)
            votes.append(0)
        votes[place] += 1
    return sum(n / len(values) * math.log2(len(values) / n) for n in votes)


def priority(bits: float) -> int:
    """How urgent a disputed image is, 0..9: 9 from one bit up, which is a vote split in two halves."""
    return min(MOST_PRIORITY, max(0, round(MOST_PRIORITY * bits)))
