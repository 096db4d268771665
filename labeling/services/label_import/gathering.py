"""All that a file says of one image brought together, wherever in the file it stands."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from labeling.domain.documents import is_text
from labeling.domain.formats.found import FileUnreadable, Found, Mark, Note, Piece
from labeling.domain.formats.names import plain
from labeling.domain.rows import LONGEST_FILE, RowRefused
from labeling.domain.values import MOST_REGIONS
from labeling.services.label_import.sorting import sorted_on_disk

MOST_LABELS = 1000
"""Different label names of one file; more are no labels, but a column that was mistaken for them."""


@dataclass
class Gathered:
    """What a file says under one name of an image. `refused` keeps the whole of it out; `marks` counts."""

    file: str
    pieces: list[Found] = field(default_factory=list)
    refused: list[RowRefused] = field(default_factory=list)
    marks: int = 0


@dataclass
class Gathering:
    """`labels` are the names that the file uses, `rows` what it says of images: complete with the first cluster."""

    refuse: Callable[[RowRefused], None]
    note: Callable[[str], None]
    labels: set[str] = field(default_factory=set)
    rows: int = 0

    def clusters(self, pieces: Iterable[Piece]) -> Iterator[list[Gathered]]:
        """Everything said under names that may mean one image, together: folders and upload prefixes aside."""
        for _, rows in groupby(sorted_on_disk(self._rows(pieces)), key=lambda row: row[0]):
            named: dict[str, Gathered] = {}
            for _, _, file, *rest in rows:
                _add(named.setdefault(file, Gathered(file)), rest)
            yield list(named.values())

    def _rows(self, pieces: Iterable[Piece]) -> Iterator[list[Any]]:
        for number, piece in enumerate(pieces):
            if isinstance(piece, Note):
                self.note(piece.what)
            elif not piece.file or not is_text(piece.file) or len(piece.file) > LONGEST_FILE:
                name = piece.file and piece.file[:LONGEST_FILE]
                detail = (
                    piece.detail if isinstance(piece, RowRefused) else "file: is no name an image can have."
                )
                self.refuse(RowRefused(piece.row, name, detail))
            elif isinstance(piece, RowRefused):
                self.rows += 1
                yield [plain(piece.file), number, piece.file, piece.row, piece.detail]
            else:
                self.rows += 1
                self.labels.update(mark.label for mark in piece.marks)
                if len(self.labels) > MOST_LABELS:
                    raise FileUnreadable(f"There are more than {MOST_LABELS:,} different labels in it.")
                yield [plain(piece.file), number, piece.file, piece.row, None, *_packed(piece)]


def _packed(piece: Found) -> list[Any]:
    return [list(map(tuple, piece.marks)), piece.sha256, piece.size, piece.relative, piece.whole, piece.model]


def _add(gathered: Gathered, rest: list[Any]) -> None:
    row, detail, *packed = rest
    if detail is not None:
        # The first reasons say enough of an image that stays out.
        if len(gathered.refused) < MOST_REGIONS:
            gathered.refused.append(RowRefused(row, gathered.file, detail))
        return
    marks, sha256, size, relative, whole, model = packed
    # One more than is taken is enough for the refusal.
    if gathered.marks <= MOST_REGIONS:
        gathered.marks += len(marks)
        gathered.pieces.append(
            Found(
                file=gathered.file,
                row=row,
                marks=tuple(map(Mark._make, marks)),
                sha256=sha256,
                size=size,
                relative=relative,
                whole=whole,
                model=model,
            )
        )
