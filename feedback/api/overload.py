"""Refusing captures while more wait than may: before anything of them is kept, and with when to try again."""

import time
from uuid import UUID

from django.conf import settings

from inference.queries.captures import more_wait_than
from people.api.problems import Problem
from people.models import Project

RETRY_SECONDS = 5
FRESH_SECONDS = 1.0
_SEEN: dict[UUID, tuple[float, bool]] = {}
"""When a project's backlog was last looked at by this process, and whether it was full."""


def check(project: Project) -> None:
    """Raise 429 overloaded, with Retry-After, where MOST_PENDING captures of the project wait for a prediction.

    A process looks once a second, so that a few more may slip in: they are kept like any other.
    """
    now = time.monotonic()
    at, full = _SEEN.get(project.pk, (-FRESH_SECONDS, False))
    if now - at >= FRESH_SECONDS:
        full = more_wait_than(project.pk, settings.MOST_PENDING - 1)
        _SEEN[project.pk] = now, full
    if full:
        problem = Problem(
            "overloaded",
            429,
            f"{settings.MOST_PENDING} captures of this project wait for a prediction already. Nothing of this one was "
            "kept: keep it, and send it again later.",
        )
        problem.wait = RETRY_SECONDS
        raise problem
