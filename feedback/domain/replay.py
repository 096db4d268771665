"""A past stream played through the router: what it would have accepted, reviewed and audited, and got wrong."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from feedback.domain.stream import Cell, Terms
from inference.domain.routing import sticky_draw
from inference.enums import Action

LONGEST = 200
COLUMNS: tuple[str, ...] = ("confidence", "correct", "label", "slice")


class StreamRefused(Exception):
    """A file that cannot be played, in one line that says where and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A prediction of the past: its confidence, whether it was correct, its label and its slice ("" for none)."""

    confidence: float
    correct: bool
    label: str = ""
    slice: str = ""


def read(lines: Iterable[str]) -> Iterator[Row]:
    """Rows of a CSV file with the columns confidence (0..1) and correct (0 or 1), in their order in time.

    Columns label and slice may be there too; others are ignored. Raises StreamRefused naming the line.
    """
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in ("confidence", "correct") if name not in header]
        if missing:
            raise StreamRefused(f"line 1: the column {' and '.join(missing)} is missing.")
        if doubled := sorted({name for name in header if name and header.count(name) > 1}):
            raise StreamRefused(f"line 1: the column {doubled[0]} is there twice.")
        at = {name: header.index(name) for name in COLUMNS if name in header}
        for cells in reader:
            if cells:
                yield _row(cells, at, len(header), reader.line_num)
    except csv.Error as error:
        raise StreamRefused(f"line {reader.line_num}: not CSV: {error}.") from None
    except UnicodeDecodeError:
        raise StreamRefused(f"after line {reader.line_num}: not UTF-8 text.") from None


def replay(
    rows: Iterable[Row], terms: Terms, *, capacity: int | None = None, seed: int = 0
) -> dict[str, Any]:
    """Play `rows` through `terms`, showing the router what was correct only where people would have looked.

    `accepted` were acted upon, of which `audited` were checked too; `reviewed` went to people, who do `capacity`
    reviews and no more: the rest is `waiting`, neither accepted nor looked at. total = accepted + reviewed +
    waiting. `accepted_errors` counts all that was wrong among the accepted, audited or not; `first_accept_at` is
    the place of the first (0: the first row; None: there was none). `thresholds`: each change, `{at, label, slice,
    threshold, state}`. The same `seed` draws the same audits.
    """
    cells: dict[tuple[str, str], Cell] = {}
    key = f"replay {seed}".encode()
    total = accepted = reviewed = audited = waiting = errors = 0
    first: int | None = None
    thresholds: list[dict[str, Any]] = []
    for at, row in enumerate(rows):
        total += 1
        place = terms.cell_of(row.label, row.slice)
        cell = cells.get(place)
        if cell is None:
            cell = cells[place] = Cell(terms, place[0])
        draw = sticky_draw(key, str(at))
        counts = draw < cell.sampled
        action = cell.decide(row.confidence, draw=draw).action
        if action == Action.REVIEW:
            if capacity is not None and reviewed >= capacity:
                waiting += 1
                # Nobody looks below the threshold any more: audits alone would be a sample of the surest.
                continue
            reviewed += 1
        else:
            first = at if first is None else first
            accepted += 1
            errors += not row.correct
            audited += action == Action.AUDIT
            if action != Action.AUDIT:
                continue
            counts = counts and (capacity is None or reviewed < capacity)
        before = cell.threshold
        cell.absorb(row.confidence, wrong=not row.correct, accepted=action != Action.REVIEW, counts=counts)
        if cell.threshold != before:
            thresholds.append(
                {
                    "at": at,
                    "label": place[0],
                    "slice": place[1],
                    "threshold": cell.threshold,
                    "state": str(cell.trust().state),
                }
            )
    return {
        "total": total,
        "accepted": accepted,
        "reviewed": reviewed,
        "audited": audited,
        "waiting": waiting,
        "accepted_errors": errors,
        "accepted_error_rate": errors / accepted if accepted else None,
        "first_accept_at": first,
        "alarms": sum(cell.alarms for cell in cells.values()),
        "cells": len(cells),
        "thresholds": thresholds,
    }


def _row(cells: list[str], at: dict[str, int], width: int, line: int) -> Row:
    if len(cells) != width:
        raise StreamRefused(f"line {line}: {len(cells)} cells where the header has {width}.")
    text, correct = cells[at["confidence"]].strip(), cells[at["correct"]].strip()
    try:
        confidence = float(text)
    except ValueError:
        confidence = math.nan
    if not 0 <= confidence <= 1:
        raise StreamRefused(f"line {line}: confidence must be a number from 0 to 1, not {text[:40]!r}.")
    if correct not in ("0", "1"):
        raise StreamRefused(f"line {line}: correct must be 0 or 1, not {correct[:40]!r}.")
    label = cells[at["label"]].strip()[:LONGEST] if "label" in at else ""
    part = cells[at["slice"]].strip()[:LONGEST] if "slice" in at else ""
    return Row(confidence, correct == "1", label, part)
