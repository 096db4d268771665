"""What a set of answers comes to, and when a new truth replaces an old one."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from labeling.enums import ResolvedBy

RANK = {
    ResolvedBy.IMPORTED: 1,
    ResolvedBy.ONE_ANSWER: 1,
    ResolvedBy.CONSENSUS: 2,
    ResolvedBy.ADJUDICATION: 3,
}


def agreed(values: Sequence[dict[str, Any] | None]) -> tuple[bool, dict[str, Any] | None]:
    """Whether more than half of the answers say the same, and what they say.

    `None` stands for "can't tell" and is a vote like any other. Raises ValueError for no answers.
    """
    if not values:
        raise ValueError("no answers to agree on")
    votes = Counter(json.dumps(value, sort_keys=True) for value in values)
    winner, count = votes.most_common(1)[0]
    return count * 2 > len(values), json.loads(winner)


def replaces(
    *, by: ResolvedBy, value: dict[str, Any] | None, old_by: ResolvedBy, old_value: dict[str, Any] | None
) -> bool:
    """Whether a new resolution takes the place of the old: never of a better founded one, and "can't tell"
    never of something that somebody of equal standing could tell."""
    if RANK[by] != RANK[old_by]:
        return RANK[by] > RANK[old_by]
    return value is not None or old_value is None
