"""When a new truth about an image replaces an old one."""

from typing import Any

from labeling.enums import ResolvedBy

RANK = {
    ResolvedBy.IMPORTED: 1,
    ResolvedBy.ONE_ANSWER: 2,
    ResolvedBy.CONSENSUS: 3,
    ResolvedBy.ADJUDICATION: 4,
}
"""What a person said here outranks any import, earlier or later: an import is nobody's word that could be asked."""

SINGLE = {ResolvedBy.IMPORTED, ResolvedBy.ONE_ANSWER}


def replaces(
    *, by: ResolvedBy, value: dict[str, Any] | None, old_by: ResolvedBy, old_value: dict[str, Any] | None
) -> bool:
    """Whether a new resolution takes the place of the old: never of a better founded one.

    One person's "can't tell" gives way to an import that could tell, and takes the place of none; of two of one
    rank it never takes the place of something that could be told.
    """
    if {by, old_by} <= SINGLE and (value is None) != (old_value is None):
        return value is not None
    if RANK[by] != RANK[old_by]:
        return RANK[by] > RANK[old_by]
    return value is not None or old_value is None
