"""From what a file says of one image to the wire value, or the reason why not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.domain.formats.found import Box, Found, Mark
from labeling.domain.proposals import check_proposal
from labeling.domain.rows import RowRefused
from labeling.domain.values import FARTHEST, MOST_REGIONS, ValueRefused, check_value
from people.enums import TaskType

TOLERANCE = 1.0
"""How far, in pixels, a box may reach beyond its image by rounding; it is clamped."""
UNSAID = 0.01
"""What percentages and shares are off by at most, in pixels: clamped without a word."""
PRECISION = 4
"""Digits of a pixel that are kept: sums and shares of floats differ beyond."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What values must keep to. `labels` has a key for every label name that the file uses and the project knows."""

    predictions: bool
    task_type: str
    labels: Mapping[str, str]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """A wire value, or with predictions a proposal; `clamped` boxes reached a little beyond the image."""

    value: dict[str, Any]
    clamped: int


def truth_of(pieces: Sequence[Found], terms: Terms, *, width: int, height: int) -> Truth | list[RowRefused]:
    """What the pieces about one image of that size come to; every reason why they cannot be taken."""
    first = pieces[0]
    marks = [mark for piece in pieces for mark in piece.marks]
    if (size := first.size) and (reason := _size_reason(size, width, height, relative=first.relative)):
        return [RowRefused(first.row, first.file, reason)]
    if len(pieces) > 1 and any(piece.whole for piece in pieces):
        if any(_said(piece) != _said(first) for piece in pieces):
            return [
                RowRefused(
                    first.row, first.file, "the file speaks of this image more than once, and differs."
                )
            ]
        marks = list(first.marks)
    refused = [
        RowRefused(mark.row or first.row, first.file, reason)
        for mark in marks
        if (reason := _mark_reason(mark, terms))
    ]
    if refused:
        return refused
    taken = _classified if terms.task_type == TaskType.CLASSIFICATION else _detected
    try:
        return taken(first, marks, terms, width, height)
    except ValueRefused as error:
        return [RowRefused(first.row, first.file, str(error))]


def _said(piece: Found) -> list[tuple[Any, ...]]:
    return [(mark.label, mark.box, mark.confidence) for mark in piece.marks]


def _size_reason(size: tuple[float, float], width: int, height: int, *, relative: bool) -> str:
    wide, high = size
    if not (1 <= wide <= FARTHEST and 1 <= high <= FARTHEST) or (wide, high) == (width, height):
        return ""
    # Shares fit a smaller copy of the picture as well, but never one that lies on its side.
    if relative and abs(wide * height - high * width) <= 0.01 * wide * height:
        return ""
    turned = " Boxes drawn before its EXIF turn would be wrong." if (wide, high) == (height, width) else ""
    return f"the file says {wide:g} by {high:g} pixels, the image here has {width} by {height}.{turned}"


def _mark_reason(mark: Mark, terms: Terms) -> str:
    if terms.labels.get(mark.label) is None:
        return f"label: {mark.label[:80]!r} is not a label of this project; it has {', '.join(terms.known) or 'none'}."
    if mark.confidence is not None and not terms.predictions:
        return "has a confidence, as predictions have: import the file as predictions."
    if mark.confidence is not None and not 0 <= mark.confidence <= 1:
        return f"confidence: {mark.confidence:g} is not from 0 to 1."
    if terms.task_type == TaskType.CLASSIFICATION and mark.box is not None:
        return "has a box; this project asks for one label of the whole image."
    if terms.task_type != TaskType.CLASSIFICATION and mark.box is None:
        return "has no box; this project asks for boxes."
    return ""


def _classified(
    first: Found, marks: list[Mark], terms: Terms, width: int, height: int
) -> Truth | list[RowRefused]:
    said: dict[str, Mark] = {}
    for mark in marks:
        key = terms.labels[mark.label]
        if key not in said or (mark.confidence or 0) > (said[key].confidence or 0):
            said[key] = mark
    scored = all(mark.confidence is not None for mark in said.values())
    if not said:
        return [RowRefused(first.row, first.file, "has no label.")]
    if len(said) > 1 and not scored:
        where = ", ".join(
            f"{mark.label!r}" + (f" in row {mark.row}" if mark.row else "") for mark in said.values()
        )
        return [
            RowRefused(first.row, first.file, f"has {len(said)} labels, {where}; this project asks for one.")
        ]
    value: dict[str, Any] = {"label": max(said, key=lambda key: (said[key].confidence or 0, key))}
    about: dict[str, Any] = {
        "task_type": terms.task_type,
        "labels": terms.known,
        "width": width,
        "height": height,
    }
    if not terms.predictions:
        return Truth(check_value(value, **about), 0)
    if scored:
        scores = {key: mark.confidence for key, mark in said.items()}
        value |= {"confidence": scores[value["label"]], "scores": scores}
    return Truth(check_proposal(value | _model(first), **about), 0)


def _detected(
    first: Found, marks: list[Mark], terms: Terms, width: int, height: int
) -> Truth | list[RowRefused]:
    if len(marks) > MOST_REGIONS:
        return [
            RowRefused(
                first.row, first.file, f"has over {MOST_REGIONS:,} boxes; that many are taken at most."
            )
        ]
    regions, clamped = [], 0
    for mark in marks:
        box, beyond = _within(mark.box, first.relative, width, height)
        clamped += beyond > UNSAID
        region: dict[str, Any] = {"label": terms.labels[mark.label], "box": box}
        if terms.predictions and mark.confidence is not None:
            region["confidence"] = mark.confidence
        regions.append(region)
    about: dict[str, Any] = {
        "task_type": terms.task_type,
        "labels": terms.known,
        "width": width,
        "height": height,
    }
    value: dict[str, Any] = {"regions": regions}
    try:
        if terms.predictions:
            return Truth(check_proposal(value | _model(first), **about), clamped)
        return Truth(check_value(value, **about), clamped)
    except ValueRefused as refused:
        if reasons := list(_of_boxes(refused, first, marks)):
            return reasons
        raise


def _of_boxes(refused: ValueRefused, first: Found, marks: list[Mark]) -> Iterator[RowRefused]:
    """What is wrong with single boxes, each by the row that gave it."""
    for path, reasons in refused.errors.items():
        _, _, place = path.partition(".regions.")
        index, _, field = place.partition(".")
        if field == "box":
            yield RowRefused(marks[int(index)].row or first.row, first.file, f"box: {reasons[0]}")


def _within(box: Box | None, relative: bool, width: int, height: int) -> tuple[list[float], float]:
    """The box in pixels, drawn in where it reaches at most TOLERANCE beyond the image, and how far it did."""
    if box is None:
        raise ValueError("a mark without a box")
    scales = (width, height, width, height) if relative else (1, 1, 1, 1)
    limits = (width, height, width, height)
    inside, beyond = [], 0.0
    for side, scale, limit in zip(box, scales, limits, strict=True):
        at = side * scale
        nearest = min(max(at, 0.0), float(limit))
        if abs(at - nearest) <= TOLERANCE:
            beyond = max(beyond, abs(at - nearest))
            at = nearest
        inside.append(round(at, PRECISION) if abs(at) < FARTHEST else at)
    return inside, beyond


def _model(first: Found) -> dict[str, str]:
    return {"model": first.model} if first.model else {}
