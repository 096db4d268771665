"""A past stream played through the router: what it would have accepted, reviewed and audited, and got wrong."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from feedback.domain import benefit, pace
from feedback.domain.backlog import MEASURED_EVERY, Asked, Backlog
from feedback.domain.line import Item, foreseen, take_in
from feedback.domain.stream import NOTHING, Cell, Terms, sampled_share
from feedback.enums import TrustState
from inference.domain.routing import decide, sticky_draw
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
    rows: Iterable[Row],
    terms: Terms,
    *,
    capacity: int | None = None,
    seed: int = 0,
    draw: Callable[[int], float] | None = None,
) -> dict[str, Any]:
    """Play `rows` through `terms`, showing the router what was correct only where people would have looked.

    `accepted` were acted upon, of which `audited` were checked too; `reviewed` went to people and were looked at. With
    a `capacity` people do so many reviews evenly over the rows: those that evidence needs, then those that are worth
    most; the rest is `waiting`, neither accepted nor looked at, `waiting_errors` of it wrong where the confidences
    expected `waiting_expected_errors`. total = accepted + reviewed + waiting. `accepted_errors` counts all that was
    wrong among the accepted, audited or not; `first_accept_at` is the place of the first (0: the first row; None:
    there was none). `thresholds`: each change, `{at, label, slice, threshold, state}`. The same `seed` draws the same
    audits; `draw` gives the draw of a place instead.
    """
    if capacity is not None:
        rows = list(rows)
    played = _Played(terms, capacity, len(rows) if isinstance(rows, list) else 0)
    key = f"replay {seed}".encode()
    for at, row in enumerate(rows):
        played.predict(at, row, draw(at) if draw else sticky_draw(key, str(at)))
    return played.figures()


class _Played:
    def __init__(self, terms: Terms, capacity: int | None, total: int) -> None:
        self._terms = terms
        self._backlog = Backlog(capacity, total)
        self._every = 1 if capacity is None else MEASURED_EVERY
        self._cells: dict[tuple[str, str], Cell] = {}
        self._lines: dict[tuple[str, str], list[Asked]] = {}
        self._stopped: set[tuple[str, str]] = set()
        self._thresholds: list[dict[str, Any]] = []
        self._total = self._accepted = self._audited = self._errors = 0
        self._first: int | None = None

    def predict(self, at: int, row: Row, draw: float) -> None:
        """Decide about the prediction at the place `at`, and take in the answers that are there."""
        self._total += 1
        place = self._terms.cell_of(row.label, row.slice)
        cell = self._cells.get(place)
        if cell is None:
            cell = self._cells[place] = Cell(self._terms, place[0])
            self._lines[place] = []
        share = self._backlog.share
        cell.reach = pace.reach(share)
        trusted = cell.threshold is not None and place not in self._stopped
        audit_share = self._terms.audit_share
        sampled = sampled_share(trusted=trusted, audit_share=audit_share, reach=cell.reach)
        limit = cell.limit if trusted else NOTHING
        action = decide(row.confidence, threshold=limit, audit_share=audit_share, draw=draw).action
        if action != Action.REVIEW:
            self._first = at if self._first is None else self._first
            self._accepted += 1
            self._errors += not row.correct
            self._audited += action == Action.AUDIT
        if action != Action.ACCEPT:
            asked = Asked(
                at,
                row.confidence,
                is_wrong=not row.correct,
                accepted=action == Action.AUDIT,
                draw=draw,
                sampled=sampled,
                watched=pace.watched(share, sampled=sampled, audit_share=audit_share),
                answered=action == Action.AUDIT,
            )
            if action == Action.REVIEW:
                self._backlog.ask(asked, cost=benefit.cost_of(self._terms.budget, [cell.budget]))
            if asked.awaited:
                self._lines[place].append(asked)
        self._backlog.work(at)
        if self._every == 1:
            self._take_in(place, at)
        elif at % self._every == 0:
            for each in self._cells:
                self._take_in(each, at)

    def figures(self) -> dict[str, Any]:
        """What `replay` returns."""
        waiting = self._backlog.waiting
        return {
            "total": self._total,
            "accepted": self._accepted,
            "reviewed": self._backlog.done,
            "audited": self._audited,
            "waiting": len(waiting),
            "waiting_errors": sum(asked.is_wrong for asked in waiting),
            "waiting_expected_errors": sum(1 - asked.confidence for asked in waiting),
            "accepted_errors": self._errors,
            "accepted_error_rate": self._errors / self._accepted if self._accepted else None,
            "first_accept_at": self._first,
            "alarms": sum(cell.alarms for cell in self._cells.values()),
            "cells": len(self._cells),
            "thresholds": self._thresholds,
        }

    def _take_in(self, place: tuple[str, str], at: int) -> None:
        cell, asked = self._cells[place], self._lines[place]
        if not asked:
            return
        before = None if place in self._stopped else cell.threshold
        items = [_item(each) for each in asked]
        done, _ = take_in(cell, items, patience=self._backlog.patience)
        del asked[:done]
        if foreseen(cell, items[done:]) is None:
            self._stopped.discard(place)
        else:
            self._stopped.add(place)
        after = None if place in self._stopped else cell.threshold
        if after != before:
            state = TrustState.STOP if place in self._stopped else cell.trust().state
            self._thresholds.append(
                {"at": at, "label": place[0], "slice": place[1], "threshold": after, "state": str(state)}
            )


def _item(asked: Asked) -> Item:
    return Item(
        asked.confidence,
        wrong=asked.is_wrong if asked.answered else None,
        accepted=asked.accepted,
        draw=asked.draw,
        sampled=asked.sampled,
        watched=asked.watched,
        first=pace.asked_first(asked.watched),
    )


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
