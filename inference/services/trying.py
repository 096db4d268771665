"""Batches that went wrong: the captures at fault are found and given up, the others predicted."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from inference.enums import CaptureState
from inference.models import Capture
from inference.queries.captures import waiting
from inference.services.predicting import BatchFailed, Outcome
from people.services.announcements import announce, project_topic

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
CONNECTION_ERRORS = (OperationalError, InterfaceError)
CAUTION_LOCK = 0x766F756368
"""Advisory lock of whoever counts attempts: a count means a crash only if nobody else is at it."""


@dataclass
class Found:
    """What trying a failed batch in halves came to: `failing` captures and the reason of each."""

    outcome: Outcome = field(default_factory=Outcome)
    failing: dict[UUID, str] = field(default_factory=dict)


def halve(ids: Sequence[UUID], predict: Callable[[Sequence[UUID]], Outcome]) -> Found:
    """Predict the captures in ever smaller batches, down to single ones, until only those at fault are left.

    Raises what a lost connection raises: that is no capture's fault.
    """
    try:
        return Found(predict(ids))
    except BatchFailed as failed:
        cause = failed.__cause__
        if isinstance(cause, CONNECTION_ERRORS):
            raise cause from None
        if len(ids) == 1:
            return Found(failing={ids[0]: reason_of(cause)})
    middle = len(ids) // 2
    first, second = halve(ids[:middle], predict), halve(ids[middle:], predict)
    both = Outcome(
        first.outcome.predicted + second.outcome.predicted,
        first.outcome.failed + second.outcome.failed,
        seconds=first.outcome.seconds + second.outcome.seconds,
        by_model=first.outcome.by_model + second.outcome.by_model,
    )
    return Found(both, {**first.failing, **second.failing})


def reason_of(error: BaseException | None) -> str:
    """One line for whoever reads of the failed capture."""
    text = (str(error).strip() or "no message").splitlines()[0]
    return f"Predicting it failed: {type(error).__name__}: {text}"[:500]


@transaction.atomic
def give_up(project_id: UUID, reasons: dict[UUID, str]) -> None:
    """Make the captures failed, each with its reason."""
    now = timezone.now()
    for pk, reason in reasons.items():
        with bound_contextvars(capture=str(pk)):
            logger.error("capture %s of project %s failed: %s", pk, project_id, reason)
        Capture.objects.filter(pk=pk, state=CaptureState.PENDING).update(
            state=CaptureState.FAILED, failure=reason, finished_at=now
        )
    if reasons:
        announce(project_topic(project_id), "captures.finished", list(reasons))


@transaction.atomic
def give_up_if_spent(project_id: UUID, reasons: dict[UUID, str], *, counted: bool) -> None:
    """Where nothing at all worked, the captures may be innocent: only those out of attempts are given up.

    The attempt that just failed is counted here unless it was before.
    """
    captures = Capture.objects.filter(pk__in=list(reasons), state=CaptureState.PENDING)
    if not counted:
        captures.update(attempts=F("attempts") + 1)
    spent = captures.filter(attempts__gte=MOST_ATTEMPTS).values_list("pk", flat=True)
    give_up(project_id, {pk: reasons[pk] for pk in spent})


@contextlib.contextmanager
def counted(
    project_id: UUID, *, servable: bool, limit: int, ids: Sequence[UUID] | None = None
) -> Iterator[list[UUID]]:
    """Count an attempt of the project's oldest captures (or of `ids`) before they are predicted inside.

    The count commits first, so that it outlives a process that dies of one of them. Whatever has had all its
    attempts is given up instead. Yields what may be tried now: nothing while another process is at it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [CAUTION_LOCK])
        if not cursor.fetchone()[0]:
            yield []
            return
    try:
        yield _count(project_id, servable, limit, ids)
    finally:
        # With the connection gone the lock is gone too.
        with contextlib.suppress(*CONNECTION_ERRORS), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [CAUTION_LOCK])


@transaction.atomic
def _count(project_id: UUID, servable: bool, limit: int, ids: Sequence[UUID] | None) -> list[UUID]:
    rows = waiting(project_id, servable=servable)
    found = list(rows.filter(attempts=0)[:limit]) if ids is None else list(rows.filter(pk__in=ids))
    spent = [capture.pk for capture in found if capture.attempts >= MOST_ATTEMPTS]
    give_up(
        project_id,
        dict.fromkeys(
            spent, f"Given up after {MOST_ATTEMPTS} attempts: each time the process that predicted it ended."
        ),
    )
    going_on = [capture.pk for capture in found if capture.pk not in set(spent)]
    Capture.objects.filter(pk__in=going_on).update(attempts=F("attempts") + 1)
    return going_on
