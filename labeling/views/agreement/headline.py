"""The verdict of an agreement report in plain sentences, for somebody who never studied statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labeling.domain.agreement.verdict import Standing, Verdict

NAMED = 5
"""So many labels are named in a sentence; the rest are counted."""
TONES = {
    Standing.TRUSTED: "good",
    Standing.UNSURE: "warn",
    Standing.DISTRUSTED: "bad",
    Standing.UNKNOWN: "",
}


@dataclass(frozen=True)
class Headline:
    """`tone` is good, warn, bad or "" for a page's colours; `sentence` the verdict; `more` what follows from it."""

    tone: str
    sentence: str
    more: list[str]


def headline(found: Verdict, names: Mapping[str, str], floor: float) -> Headline:
    """What the verdict comes to; `names` of labels by key."""
    trusted, unsure, distrusted, unknown = (
        listed([names.get(key, key) for key in found.labels[each]])
        for each in (Standing.TRUSTED, Standing.UNSURE, Standing.DISTRUSTED, Standing.UNKNOWN)
    )
    if found.overall == Standing.UNKNOWN and not (trusted or unsure or distrusted):
        return Headline("", "Nothing can be said yet: no two people's answers can be compared.", [])
    many = len(found.labels[Standing.DISTRUSTED]) > 1
    more = []
    if distrusted:
        more.append(
            f"The interval of α of {'each of those' if many else 'that label'} lies wholly below the floor of "
            f"{floor:g}: people call the same images different things."
        )
    if unsure:
        more.append(f"Not sure yet: {unsure}. The interval reaches over the floor; more answers would tell.")
    if unknown:
        more.append(f"Nothing can be said of {unknown}: too few answers, or all of them the same.")
    return Headline(_tone(found), _sentence(trusted, distrusted), more)


def _sentence(trusted: str, distrusted: str) -> str:
    if trusted and distrusted:
        return f"These labels can be trusted for {trusted}. {distrusted} cannot be trusted yet."
    if trusted:
        return f"These labels can be trusted for {trusted}."
    if distrusted:
        return f"No label can be trusted yet; least of all {distrusted}."
    return "No label can be trusted yet: the intervals are too wide to say."


def _tone(found: Verdict) -> str:
    if found.labels[Standing.DISTRUSTED]:
        return "bad" if found.overall == Standing.DISTRUSTED else "warn"
    return TONES[found.overall]


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """ "A, B and C"; past `most` "A, B, C, D and 9 more"."""
    if not names:
        return ""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
