"""What changed between two versions of a guideline: by paragraph, and within a paragraph by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

ALIKE = 0.4
"""Two paragraphs of at least this likeness (difflib's ratio over words, 0..1) are one, rewritten."""

MOST_PAIRED = 60
"""A rewritten stretch of more paragraphs than this on one side is shown as taken out and put in, unpaired."""

_WORDS = re.compile(r"\s+|[^\W_]+|[^\s]")


class Edit(StrEnum):
    """What happened to a paragraph or to a piece of one."""

    SAME = "same"
    INSERTED = "inserted"
    DELETED = "deleted"
    CHANGED = "changed"


@dataclass(frozen=True)
class Block:
    """One paragraph, heading, list item, table row or piece of code. `text` is as read, `source` as written.

    `kind` is heading, paragraph, item, quote, row or code.
    """

    kind: str
    text: str
    source: str = ""


@dataclass(frozen=True)
class Piece:
    """Some words that are the same in both, or in one alone."""

    edit: Edit
    text: str


@dataclass(frozen=True)
class Change:
    """A block with what became of it; `pieces` in the order of reading."""

    edit: Edit
    kind: str
    pieces: tuple[Piece, ...]


def changes(before: Sequence[Block], after: Sequence[Block]) -> list[Change]:
    """Every block of both versions, in the order of the later, those taken out where they stood.

    Blocks that differ in their source alone (a word made bold) are shown as they are written.
    """
    found: list[Change] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            found += [_whole(Edit.SAME, block) for block in after[b1:b2]]
        else:
            found += _stretch(before[a1:a2], after[b1:b2])
    return found


def is_changed(found: Sequence[Change]) -> bool:
    """Whether anything differs."""
    return any(change.edit is not Edit.SAME for change in found)


def _whole(edit: Edit, block: Block) -> Change:
    return Change(edit, block.kind, (Piece(edit, block.text),))


def _stretch(old: Sequence[Block], new: Sequence[Block]) -> list[Change]:
    found: list[Change] = []
    pairs = _pairs(old, new) if max(len(old), len(new)) <= MOST_PAIRED else {}
    left = 0
    for index, block in enumerate(new):
        if index not in pairs:
            found.append(_whole(Edit.INSERTED, block))
            continue
        found += [_whole(Edit.DELETED, gone) for gone in old[left : pairs[index]]]
        found.append(_rewritten(old[pairs[index]], block))
        left = pairs[index] + 1
    return found + [_whole(Edit.DELETED, gone) for gone in old[left:]]


def _pairs(old: Sequence[Block], new: Sequence[Block]) -> dict[int, int]:
    """Which old block each new one was rewritten from, in order on both sides; new index to old."""
    pairs: dict[int, int] = {}
    begin = 0
    for index, block in enumerate(new):
        likeness = [
            (_likeness(old[at], block), -at) for at in range(begin, len(old)) if old[at].kind == block.kind
        ]
        best, at = max(likeness, default=(0.0, 0))
        if best >= ALIKE:
            pairs[index] = -at
            begin = -at + 1
    return pairs


def _likeness(old: Block, new: Block) -> float:
    matcher = SequenceMatcher(None, _letters(old.text), _letters(new.text), autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def _letters(text: str) -> list[str]:
    return [word for word in _WORDS.findall(text.lower()) if word[0].isalnum()]


def _rewritten(old: Block, new: Block) -> Change:
    if old.text == new.text:
        old, new = replace(old, text=old.source), replace(new, text=new.source)
    before, after = _WORDS.findall(old.text), _WORDS.findall(new.text)
    pieces: list[Piece] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Edit.SAME, "".join(after[b1:b2])))
            continue
        gone, come = "".join(before[a1:a2]), "".join(after[b1:b2])
        pieces += [Piece(Edit.DELETED, gone)] if gone else []
        pieces += [Piece(Edit.INSERTED, come)] if come else []
    return Change(Edit.CHANGED, new.kind, tuple(_joined(pieces)))


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Changes with nothing but a space between them are one: a phrase reads better than word after word."""
    run: list[Piece] = []
    found: list[Piece] = []
    for index, piece in enumerate(pieces):
        between = piece.edit is Edit.SAME and piece.text.isspace() and run and index + 1 < len(pieces)
        if piece.edit is not Edit.SAME or between:
            run.append(piece)
            continue
        found += _phrase(run)
        run = []
        found.append(piece)
    return found + _phrase(run)


def _phrase(run: list[Piece]) -> list[Piece]:
    if not {Edit.INSERTED, Edit.DELETED} <= {piece.edit for piece in run}:
        return run
    gone = "".join(piece.text for piece in run if piece.edit is not Edit.INSERTED)
    come = "".join(piece.text for piece in run if piece.edit is not Edit.DELETED)
    return [Piece(Edit.DELETED, gone), Piece(Edit.INSERTED, come)]
