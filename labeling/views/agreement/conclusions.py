"""What to conclude from each chart of the agreement page, in a sentence above it."""

from collections.abc import Mapping
from typing import Any

from labeling.views.agreement.headline import listed


def conclusions(context: Mapping[str, Any]) -> dict[str, Any]:
    """A sentence for the labels, the versions, the slices, the weeks, the people and the model."""
    for change in context["changes"]:
        change.conclusion = _of_change(change)
    return {
        "labels_conclusion": _of_labels(context["label_rows"], context["floor"]),
        "slices_conclusion": _of_slices(context["slices"]),
        "course_conclusion": _of_weeks(context["figures"]["weeks"]),
        "people_conclusion": _of_people(context["cards"]),
        "model_conclusion": _of_model(context["model"]),
    }


def _of_labels(rows: Any, floor: float) -> str:
    known = [row for row in rows if row.alpha is not None]
    if not known:
        return "No label has an α yet."
    worst = min(known, key=lambda row: row.alpha)
    best = max(known, key=lambda row: row.alpha)
    if worst is best:
        return f"{worst.name} has an α of {worst.alpha:.2f}."
    return f"{worst.name} is agreed on least ({worst.alpha:.2f}), {best.name} most ({best.alpha:.2f})."


def _of_change(change: Any) -> str:
    if change.better and change.worse:
        return f"It helped {listed(change.better)}, and made {listed(change.worse)} worse."
    if change.better:
        return f"It helped {listed(change.better)}; no label is certain to be worse."
    if change.worse:
        return f"It made {listed(change.worse)} worse."
    return "No label changed for certain."


def _of_slices(slices: Any) -> str:
    certain = [part for part in slices if part.is_certain]
    if not certain:
        return "No part is certain to be worse than the rest."
    worst = certain[0]
    rest = f", and {len(certain) - 1} more {'is' if len(certain) == 2 else 'are'} worse for certain" * (
        len(certain) > 1
    )
    return (
        f"Worst is {worst.name}: α {worst.alpha:.2f} against {worst.rest:.2f} of the rest, on "
        f"{worst.images:,} images{rest}."
    )


def _of_weeks(weeks: Mapping[str, Any]) -> str:
    outside = [week["week"] for week in weeks["list"] if week["outside"]]
    change = weeks["change"]
    if change:
        way = "rose" if change["after"] > change["before"] else "fell"
        said = (
            f"Agreement {way} in the week of {change['week']}, from {change['before']:.2f} to "
            f"{change['after']:.2f}, and stayed there."
        )
    else:
        said = "Agreement did not change for good."
    if outside:
        said += f" {len(outside)} week{'s lie' if len(outside) > 1 else ' lies'} outside what is usual."
    return said


def _of_people(cards: Any) -> str:
    harm = [card for card in cards if card.does_harm]
    if not harm:
        return ""
    worst = max(harm, key=lambda card: card.gain)
    return (
        f"Without {worst.name}, α of everybody else would be {worst.gain:.2f} higher: look at what they "
        "confuse before you count on their answers."
    )


def _of_model(model: Mapping[str, Any] | None) -> str:
    if not model or model["difference"]["value"] is None:
        return ""
    ends = model["difference"]["ci"]
    if ends and ends[0] > 0:
        return "The model agrees with people better than people do among themselves."
    if ends and ends[1] < 0:
        return "The model does not yet agree with people as they do among themselves."
    return "The model agrees with people about as well as they do among themselves."
