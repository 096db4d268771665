"""What every figure of a report is computed from: counts that add up over images, so that one can be replaced."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np

from labeling.domain.agreement.answers import Floats, Indices
from labeling.domain.agreement.pairs import met
from labeling.domain.agreement.patterns import (
    LARGEST_CODE,
    Patterns,
    counted_codes,
    distinct,
    patterns_of_cells,
)
from labeling.domain.agreement.votes import Votes

FORM = "5"
"""Changes whenever what is counted or estimated does, so that nothing older is read as that."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "settings": ("setting", "pattern"),
    "versions": ("version", "pattern"),
    "weeks": ("week", "pattern"),
    "said": ("person", "pattern", "label"),
    "pairs": ("person", "person", "label", "label"),
    "pace": ("person", "tenths"),
    "readers": ("version", "person"),
    "left_out": ("person", "label"),
}
"""settings, weeks: images by pattern; versions: images by the pattern of the answers under one version alone;
said: answers; pairs: two people on one image; pace: answers by tenths of a second; readers: answers;
left_out: can't tell and none of these, label being -1 or -2."""
NAMED = ("person", "pattern", "setting")


@dataclass(frozen=True)
class Cells:
    """How often each combination occurs: `at` (cells, columns), distinct and in order, and `count` (cells,), not 0."""

    at: Indices
    count: Indices

    def column(self, place: int) -> Indices:
        return self.at[:, place]


@dataclass(frozen=True)
class Tally:
    """people: user ids (A,); settings: hashes (S,); patterns: counts of labels (P, labels). All distinct, in order.

    cells: for every name of COLUMNS; "person", "pattern" and "setting" are places in those three.
    """

    labels: int
    people: Indices
    settings: Indices
    patterns: Indices
    cells: Mapping[str, Cells] = field(repr=False)

    def counted(self, name: str = "settings", first: int | None = None) -> Patterns:
        """The patterns of "settings", "versions" or "weeks"; of those rows whose first column is `first`."""
        cells = self.cells[name]
        kept = slice(None) if first is None else cells.column(0) == first
        times = np.bincount(cells.column(1)[kept], weights=cells.count[kept], minlength=len(self.patterns))
        used = times > 0
        return Patterns(
            self.patterns[used].astype(np.float64),
            times[used].astype(np.float64),
            np.zeros(0, dtype=np.int64),
        )

    def dumped(self) -> bytes:
        """As bytes that `loaded` reads: columns of narrow numbers, which compress to a tenth at the lightest level."""
        out = BytesIO()
        arrays = {"people": self.people, "settings": self.settings, "patterns": self.patterns}
        for name, cells in self.cells.items():
            columns = {_column(name, place): cells.column(place) for place in range(cells.at.shape[1])}
            arrays |= columns | {f"{name}_count": cells.count}
        narrow: dict[str, Any] = {name: _narrowed(array) for name, array in arrays.items()}
        np.savez(out, **narrow)
        return zlib.compress(out.getbuffer(), level=1)


def loaded(data: bytes) -> Tally:
    """What `dumped` wrote."""
    with np.load(BytesIO(zlib.decompress(data)), allow_pickle=False) as arrays:
        read = {name: arrays[name].astype(np.int64) for name in arrays.files}
    cells = {
        name: Cells(
            np.column_stack([read[_column(name, place)] for place in range(len(columns))]),
            read[f"{name}_count"],
        )
        for name, columns in COLUMNS.items()
    }
    return Tally(read["patterns"].shape[1], read["people"], read["settings"], read["patterns"], cells)


def _column(name: str, place: int) -> str:
    return f"{name}_{place}"


def _narrowed(array: Indices) -> Indices:
    for kind in (np.int8, np.int16, np.int32):
        if not array.size or (np.iinfo(kind).min <= array.min() and array.max() <= np.iinfo(kind).max):
            return array.astype(kind)
    return array


def tally(votes: Votes, labels: int) -> Tally:
    """Of votes of which each person has one an item; see `Votes.latest`."""
    people, person = np.unique(votes.person, return_inverse=True)
    said = votes.label >= 0
    item, label, who = votes.item[said], votes.label[said], person[said]
    items = len(votes.images)
    counted = patterns_of_cells(item, label, np.ones(len(item)), items=items, labels=labels)
    versions, version = np.unique(votes.guideline[said], return_inverse=True)
    apart, part = np.unique(item * max(len(versions), 1) + version, return_inverse=True)
    by_version = patterns_of_cells(part, label, np.ones(len(part)), items=len(apart), labels=labels)
    patterns, which, _ = distinct(
        np.concatenate((counted.counts, by_version.counts))[:, ::-1].astype(np.int64)
    )
    of_item = np.where(counted.of_item >= 0, which[counted.of_item], -1) if len(which) else counted.of_item
    of_part = which[len(counted.counts) :][by_version.of_item]
    first = np.searchsorted(votes.item, np.arange(items))
    answered = of_item >= 0
    settings, setting = np.unique(votes.setting[first[answered]], return_inverse=True)
    week = np.maximum.reduceat(np.where(said, votes.week, -(2**31)), first) if items else votes.week
    tables = {
        "settings": (setting, of_item[answered]),
        "versions": (versions[apart % max(len(versions), 1)], of_part),
        "weeks": (week[answered], of_item[answered]),
        "said": (who, of_item[item], label),
        "pairs": _pairs(item, who, label),
        "pace": (who, votes.tenths[said]),
        "readers": (votes.guideline[said], who),
        "left_out": (person[~said], votes.label[~said]),
    }
    cells = {name: occurrences(*columns) for name, columns in tables.items()}
    return Tally(labels, people, settings, patterns[:, ::-1], cells)


def _pairs(item: Indices, who: Indices, label: Indices) -> tuple[Indices, Indices, Indices, Indices]:
    """(a, b, said by a, said by b) for every two answers of an item, a < b."""
    rows = list(met(item))
    first, second = (np.concatenate([each[side] for each in rows] or [item[:0]]) for side in (0, 1))
    turned = who[first] > who[second]
    a, b = np.where(turned, second, first), np.where(turned, first, second)
    return who[a], who[b], label[a], label[b]


def occurrences(*columns: Indices) -> Cells:
    """How often each combination occurs of what the columns, each of shape (n,), hold side by side."""
    lowest = [int(column.min(initial=0)) for column in columns]
    spans = [int(column.max(initial=0)) - low + 1 for column, low in zip(columns, lowest, strict=True)]
    if math.prod(spans) > LARGEST_CODE:
        return summed(np.column_stack(columns))
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column, low, span in zip(columns, lowest, spans, strict=True):
        code *= span
        code += column - low
    code, times = counted_codes(code, math.prod(spans))
    at = np.empty((len(code), len(columns)), dtype=np.int64)
    for place in reversed(range(len(columns))):
        code, digit = np.divmod(code, spans[place])
        at[:, place] = digit + lowest[place]
    return Cells(at, times)


def summed(at: Indices, count: Indices | None = None) -> Cells:
    """The distinct rows of `at` (n, columns), and the sum of `count` (n,) over each; those of sum 0 are dropped."""
    lowest = at.min(axis=0, initial=0)
    rows, which, times = distinct(at - lowest)
    if count is not None:
        times = np.bincount(which, weights=count, minlength=len(rows)).astype(np.int64)
    kept = times != 0
    return Cells(rows[kept] + lowest, times[kept].astype(np.int64))


def combined(*parts: tuple[Tally, int]) -> Tally:
    """The sum of tallies, each times its factor: (all, 1), (these images before, -1), (and now, 1)."""
    labels = parts[0][0].labels
    people = np.unique(np.concatenate([part.people for part, _ in parts]))
    settings = np.unique(np.concatenate([part.settings for part, _ in parts]))
    patterns, which, _ = distinct(np.concatenate([part.patterns for part, _ in parts])[:, ::-1])
    patterns = patterns[:, ::-1]
    ends = np.cumsum([0] + [len(part.patterns) for part, _ in parts])
    places = [
        {
            "person": np.searchsorted(people, part.people),
            "setting": np.searchsorted(settings, part.settings),
            "pattern": which[start:end],
        }
        for (part, _), start, end in zip(parts, ends[:-1], ends[1:], strict=True)
    ]
    cells = {}
    for name, columns in COLUMNS.items():
        at = [
            np.column_stack(
                [
                    place[column][part.cells[name].column(number)]
                    if column in NAMED
                    else part.cells[name].column(number)
                    for number, column in enumerate(columns)
                ]
            )
            for (part, _), place in zip(parts, places, strict=True)
        ]
        count = [factor * part.cells[name].count for part, factor in parts]
        cells[name] = summed(np.concatenate(at), np.concatenate(count))
    return Tally(labels, people, settings, patterns, cells)


def medians(tally: Tally) -> Floats:
    """Each person's median active seconds an answer, shape (A,), to the tenth; nan for who gave none."""
    cells = tally.cells["pace"]
    found = np.full(len(tally.people), np.nan)
    starts = np.searchsorted(cells.column(0), np.arange(len(tally.people) + 1))
    for place, (start, end) in enumerate(pairwise(starts)):
        if start < end:
            found[place] = weighted_median(cells.column(1)[start:end], cells.count[start:end]) / 10
    return found


def weighted_median(value: Indices, count: Indices) -> float:
    """The median of values in order, each occurring `count` times: the mean of the two in the middle."""
    upto = np.cumsum(count)
    low, high = (upto[-1] - 1) // 2, upto[-1] // 2
    return float(value[np.searchsorted(upto, [low, high], side="right")].mean())
