"""When a new truth about an image replaces an old one."""

from typing import Any

from labeling.enums import ResolvedBy

RANK = {
    ResolvedBy.IMPORTED: 1,
    ResolvedBy.ONE_ANSWER: 1,
    ResolvedBy.CONSENSUS: 2,
    ResolvedBy.ADJUDICATION: 3,
}


def replaces(
    *, by: ResolvedBy, value: dict[str, Any] | None, old_by: ResolvedBy, old_value: dict[str, Any] | None
) -> bool:
    """Whether a new resolution takes the place of the old: never of a better founded one, and "can't tell"
    never of something that somebody of equal standing could tell."""
    if RANK[by] != RANK[old_by]:
        return RANK[by] > RANK[old_by]
    return value is not None or old_value is None
