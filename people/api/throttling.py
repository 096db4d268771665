"""How much one caller may ask of a web process: a bucket that fills steadily, kept in its memory.

It is for a script that runs wild, not for a crowd: what it counts costs a dictionary look-up and no statement, and
several web processes together allow as many times more.
"""

import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from people.models import Token

MOST_CALLERS = 20_000
"""Beyond so many, those whose bucket is full again are forgotten."""


class Buckets:
    """By caller: how many requests are left, and when that was so."""

    def __init__(self) -> None:
        self.held: dict[Any, tuple[float, float]] = {}

    def take(self, caller: Any, *, a_minute: int, now: float, weight: float = 1.0) -> float:
        """Take one request (`weight` of one) out of the caller's bucket of a minute's worth.

        Returns 0.0, or after how many seconds there will be one; then nothing is taken.
        """
        left, at = self.held.get(caller, (float(a_minute), now))
        left = min(float(a_minute), left + max(0.0, now - at) * a_minute / 60)
        if left < weight:
            self.held[caller] = (left, now)
            return (weight - left) * 60 / a_minute
        if len(self.held) >= MOST_CALLERS and caller not in self.held:
            self._forget(a_minute, now)
        self.held[caller] = (left - weight, now)
        return 0.0

    def _forget(self, a_minute: int, now: float) -> None:
        self.held = {
            caller: (left, at)
            for caller, (left, at) in list(self.held.items())
            if left + (now - at) * a_minute / 60 < a_minute
        }


buckets = Buckets()


class PerCaller(BaseThrottle):
    """One bucket a token, and one a person signed in. A view's `request_weight` below 1 lets more of it through."""

    def allow_request(self, request: Request, view: Any) -> bool:
        a_minute = settings.API_RATE
        if not a_minute:
            return True
        token = request.auth
        caller = ("token", token.pk) if isinstance(token, Token) else ("user", request.user.pk)
        self.seconds = buckets.take(
            caller, a_minute=a_minute, now=time.monotonic(), weight=getattr(view, "request_weight", 1.0)
        )
        return not self.seconds

    def wait(self) -> float:
        """Seconds until the next request is taken: what Retry-After says, rounded up."""
        return max(1.0, self.seconds)
