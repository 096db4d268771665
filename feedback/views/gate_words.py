"""What the gate says, in words and figures for its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feedback.domain.gate import (
    CALIBRATION,
    CORRUPTION,
    EVALUATED,
    GOLD,
    LABEL,
    LABELS,
    LATENCY,
    OLD_LABELS,
    OVERALL,
    RECENT,
    SIZE,
    SLICE,
    Compared,
    Rule,
)
from feedback.domain.gate_comparison import STRENGTH
from inference.corruptions import STRENGTHS
from labeling.models import Label
from labeling.templatetags.figures import percent

NOTHING = "–"
LEAST_POINTS = 0.05
CORRUPTED = {
    "brightness": "Darkened",
    "blur": "Blurred",
    "noise": "Noisy",
    "rotation": "Turned",
    "jpeg": "Compressed",
}
TITLES = {
    OVERALL: "The frozen test images",
    OLD_LABELS: "Of these, those of the champion's labels",
    GOLD: "Images with a known answer",
    RECENT: "What people verified in the last four weeks",
}


@dataclass(frozen=True)
class Row:
    """A line of the page, every figure written; `verdict` is None for a comparison that no rule judges."""

    name: str
    challenger: str
    champion: str
    difference: str
    images: int | None
    verdict: bool | None = None
    part: str = ""


def rule_rows(rules: Sequence[Rule], labels: Mapping[str, Label]) -> list[Row]:
    """Every rule of the gate."""
    return [
        Row(
            rule.name[0].upper() + rule.name[1:],
            *_figures(rule),
            _points(rule.difference, rule.low, rule.high),
            rule.images,
            rule.passed,
            part_name(rule.part, labels),
        )
        for rule in rules
    ]


def groups(compared: Sequence[Compared], labels: Mapping[str, Label]) -> list[tuple[str, list[Row]]]:
    """The comparisons, in tables by what they are of; the difference of those that interest most comes first."""
    whole = [_row(each, TITLES[each.kind]) for each in compared if each.kind in TITLES]
    by_kind = [
        ("By label", LABEL),
        ("By camera, site and condition", SLICE),
        ("Corrupted, five strengths together", CORRUPTION),
    ]
    tables = [("In all", whole)] if whole else []
    for title, kind in by_kind:
        rows = sorted((each for each in compared if each.kind == kind), key=lambda each: each.difference)
        if rows:
            tables.append((title, [_row(each, part_name(each.part, labels)) for each in rows]))
    return tables


def strengths(compared: Sequence[Compared]) -> list[tuple[str, list[str]]]:
    """By corruption the difference at each strength, in points; a dash where there is none."""
    found = {each.part: each.difference for each in compared if each.kind == STRENGTH}
    return [
        (words, [_signed(found.get(f"{kind} {strength}")) for strength in STRENGTHS])
        for kind, words in CORRUPTED.items()
        if f"{kind} {STRENGTHS[0]}" in found
    ]


def part_name(part: str, labels: Mapping[str, Label]) -> str:
    """A label by its name, a corruption in a word, a slice as it is called."""
    return labels[part].name if part in labels else CORRUPTED.get(part, part.replace("_", " "))


def told(said: Sequence[tuple[str, int, int]], labels: Mapping[str, Label], *, boxes: bool) -> str:
    """What a model said of an image, or what is true of it: names, of boxes how many and how many of them right."""
    if not said:
        return "nothing there" if boxes else NOTHING
    names = [(labels[key].name if key in labels else key, count, right) for key, count, right in said]
    if not boxes:
        return ", ".join(name for name, _, _ in names)
    return ", ".join(
        f"{count} × {name}" + (f" ({right} right)" if right < count else "") for name, count, right in names
    )


def _row(each: Compared, name: str) -> Row:
    return Row(
        name,
        percent(each.challenger, 1),
        percent(each.champion, 1),
        _points(each.difference, each.low, each.high),
        each.images,
    )


def _figures(rule: Rule) -> tuple[str, str]:
    if rule.name == EVALUATED:
        return "yes" if rule.passed or rule.challenger else "not yet", "yes" if rule.champion else NOTHING
    if rule.name == LATENCY:
        takes = "not yet" if rule.challenger is None else f"{rule.challenger:.1f} ms"
        return takes, f"at most {rule.limit:g} ms"
    if rule.name == SIZE:
        takes = NOTHING if rule.challenger is None else f"{rule.challenger / 2**20:.1f} MB"
        return takes, f"at most {rule.limit / 2**20:.1f} MB"
    if rule.name == LABELS:
        return f"{rule.challenger:g}", f"{rule.champion:g}"
    if rule.name == CALIBRATION:
        return percent(rule.challenger, 1), f"at most {percent(rule.limit, 1)}"
    other = rule.limit if rule.champion is None else rule.champion
    return percent(rule.challenger, 1), percent(other, 1)


def _points(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return ""
    return f"{_signed(value)} ({_signed(low)} to {_signed(high)})"


def _signed(share: float | None) -> str:
    if share is None:
        return NOTHING
    points = share * 100
    if abs(points) < LEAST_POINTS:
        return "0.0"
    return f"{'+' if points > 0 else '−'}{abs(points):.1f}"
