"""Answers taken in by the order of the decisions, whatever the order in which people give them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from feedback.domain.stream import Cell

FEW = 100
"""So many open questions hold nothing up."""

HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Item:
    """A decision whose answer is waited for; `wrong` is None until people have said.

    `accepted`: it was acted upon, and this is its audit. Its `draw`, 0 ≤ draw < 1, has nothing to do with what it
    shows. Below `sampled` it belongs to the uniform sample that thresholds are proved from, below `watched` to that
    of the reviews. Of its sample the part `first` was asked before everything else.
    """

    confidence: float
    wrong: bool | None
    accepted: bool
    draw: float
    sampled: float
    watched: float
    first: float = 1.0

    @property
    def counts(self) -> bool:
        """Whether its answer is evidence for thresholds."""
        return self.draw < self.sampled

    @property
    def rank(self) -> float:
        """Where its draw lies in its sample, 0 ≤ rank < 1."""
        return self.draw / (self.sampled if self.counts else self.watched)


def take_in(cell: Cell, items: Sequence[Item], *, patience: int = FEW) -> tuple[int, bool]:
    """Have `cell` absorb the answers of `items`, in their order, up to the first that is still open.

    Returns how many items are done with, and whether trust may have changed. An answer that comes early waits for
    those before it, so that it is of no account which questions people answer first: `Cell` sees the same sequence,
    and what holds at every time of it holds.

    Where more than `patience` answers wait for an open question, what was not asked first is passed over; where more
    than so many are open still, a half, a quarter, … of the sample is, by its draws. What is passed over is so
    whether answered or not, and how much follows from how many are open, never from what was said.
    """
    share, first_only = kept(items, patience)
    looked = False
    for at, item in enumerate(items):
        if item.rank >= share or (first_only and item.rank >= item.first):
            continue
        if item.wrong is None:
            return at, looked
        looked |= cell.absorb(item.confidence, wrong=item.wrong, accepted=item.accepted, counts=item.counts)
    return len(items), looked


def kept(items: Sequence[Item], patience: int) -> tuple[float, bool]:
    """The largest of 1, 1/2, 1/4, … of the sample in which few questions are open, and whether what was asked first
    is all that is kept."""
    opens = [item for item in items if item.wrong is None]
    if not opens:
        return 1.0, False
    held_up = len(items) - items.index(opens[0]) - len(opens)
    first_only = held_up > patience
    ranks = [item.rank for item in opens if not first_only or item.rank < item.first]
    share = 1.0
    for _ in range(HALVINGS):
        if len(ranks) <= patience:
            break
        share /= 2
        ranks = [rank for rank in ranks if rank < share]
    return share, first_only


def foreseen(cell: Cell, items: Sequence[Item]) -> Cell | None:
    """The cell after an alarm that the audits among `items` raise even if all that are open turn out right.

    None: they raise none. An open question taken for right can only lower the wealth of the bet on harm, so that
    the alarm is no likelier to be false for coming before its turn.
    """
    if cell.threshold is None or not any(item.accepted for item in items):
        return None
    ahead = copy.deepcopy(cell)
    for item in items:
        if item.accepted:
            ahead.absorb(item.confidence, wrong=bool(item.wrong), accepted=True, counts=False)
            if ahead.alarms > cell.alarms:
                return ahead
    return None
