"""People who do not come to everything: what waits for them in a replay, and in which order they take it."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from feedback.domain import benefit
from feedback.domain.line import FEW
from feedback.domain.pace import Pace

DAY = 1000
"""So many predictions are a day: what people do in one is their pace."""

MEASURED_EVERY = 25


@dataclass(slots=True)
class Asked:
    """A question to people about the prediction at the place `at`, with the terms of `line.Item`."""

    at: int
    confidence: float
    is_wrong: bool
    accepted: bool
    draw: float
    sampled: float
    watched: float
    answered: bool = False

    @property
    def awaited(self) -> bool:
        """Whether its answer is evidence."""
        return self.draw < max(self.sampled, self.watched)


class Backlog:
    """Reviews that wait for people who do `capacity` of them in `total` predictions, evenly; None: all at once.

    They take what the sample of the evidence needs, then what is worth most, as `asking` in production has it.
    """

    def __init__(self, capacity: int | None, total: int) -> None:
        self._capacity, self._total = capacity, max(total, 1)
        self._heap: list[tuple[int, int, Asked]] = []
        self._came: deque[int] = deque()
        self._did: deque[int] = deque()
        self._benefits: deque[float] = deque(maxlen=DAY)
        self._cuts: Sequence[float] = benefit.UNMEASURED
        self.done = 0
        self.share = 1.0

    @property
    def waiting(self) -> list[Asked]:
        """What nobody has come to."""
        return [asked for _, _, asked in self._heap]

    @property
    def patience(self) -> int:
        """So many answers may wait for one before them: a day's."""
        return max(FEW, len(self._did))

    def ask(self, asked: Asked, *, cost: float = 1.0) -> None:
        """Have people review it; the `cost` of an error is relative."""
        if self._capacity is None:
            asked.answered = True
            self.done += 1
            return
        self._came.append(asked.at)
        worth = benefit.benefit(1 - asked.confidence, cost=cost)
        self._benefits.append(worth)
        heapq.heappush(self._heap, (-self._priority(asked, worth), asked.at, asked))

    def work(self, at: int) -> None:
        """Let people do what they have time for up to the prediction at the place `at`."""
        if self._capacity is None:
            return
        while self._heap and self.done < (at + 1) * self._capacity // self._total:
            heapq.heappop(self._heap)[2].answered = True
            self.done += 1
            self._did.append(at)
        if at % MEASURED_EVERY == 0:
            self._measure(at)

    def _measure(self, at: int) -> None:
        for places in (self._came, self._did):
            while places and places[0] <= at - DAY:
                places.popleft()
        self.share = Pace(came=len(self._came), done=len(self._did), waiting=len(self._heap)).share
        self._cuts = benefit.cuts_of(self._benefits, self.share)

    def _priority(self, asked: Asked, worth: float) -> int:
        return benefit.asked_priority(
            rank=asked.draw / (asked.sampled if asked.draw < asked.sampled else asked.watched)
            if asked.awaited
            else None,
            share=self.share,
            worth=worth,
            cuts=self._cuts,
        )
