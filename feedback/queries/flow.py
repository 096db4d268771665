"""What comes in and where it goes: captures a minute, what waits, what failed and why, the routes taken."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from feedback.models import RoutingDecision
from inference.enums import Action, CaptureState
from inference.models import Capture
from labeling.queries.tasks import COUNT_LIMIT
from people.models import Project
from people.queries.ids import id_floor

MINUTES = 60
RECENT = timedelta(days=1)
REASONS_SHOWN = 5


@dataclass(frozen=True)
class Failure:
    """A reason why captures failed lately, how many did, and the last of them."""

    reason: str
    count: int
    last_at: datetime


@dataclass(frozen=True)
class Routes:
    """How many predictions of the last day went each way."""

    accept: int
    review: int
    audit: int
    set_aside: int = 0

    @property
    def total(self) -> int:
        return self.accept + self.review + self.audit + self.set_aside

    def share(self, action: str) -> float:
        """The share that went this way, 0..1; 0 where nothing went anywhere."""
        return getattr(self, action) / self.total if self.total else 0.0


def captures_by_minute(project: Project, now: datetime | None = None) -> list[tuple[datetime, int]]:
    """The last sixty minutes, the oldest first, with the captures received in each."""
    last = (now or timezone.now()).replace(second=0, microsecond=0)
    first = last - timedelta(minutes=MINUTES - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT date_trunc('minute', received_at), count(*) FROM inference_capture
            WHERE project_id = %s AND id >= %s AND received_at >= %s GROUP BY 1
            """,
            [project.pk, id_floor(first), first],
        )
        counts = dict(cursor.fetchall())
    minutes = [first + timedelta(minutes=n) for n in range(MINUTES)]
    return [(minute, counts.get(minute, 0)) for minute in minutes]


def pending(project: Project) -> int:
    """Captures that wait for a prediction, counted up to COUNT_LIMIT."""
    waiting = Capture.objects.filter(project=project, state=CaptureState.PENDING)
    return waiting[:COUNT_LIMIT].count()


def failures(project: Project) -> list[Failure]:
    """Why captures of the last day failed, the commonest reason first."""
    since = timezone.now() - RECENT
    reasons = (
        Capture.objects.filter(
            project=project, state=CaptureState.FAILED, id__gte=id_floor(since), received_at__gte=since
        )
        .values("failure")
        .annotate(count=Count("id"), last_at=Max("received_at"))
        .order_by("-count", "failure")[:REASONS_SHOWN]
    )
    return [Failure(row["failure"], row["count"], row["last_at"]) for row in reasons]


def routes(project: Project) -> Routes:
    """Where the predictions of the last day went."""
    since = timezone.now() - RECENT
    counts = dict(
        RoutingDecision.objects.filter(project_id=project.pk, id__gte=id_floor(since), created_at__gte=since)
        .values_list("action")
        .annotate(count=Count("id"))
    )
    return Routes(**{str(action): counts.get(str(action), 0) for action in Action})


def captures_of(project: Project) -> QuerySet[Capture]:
    """The project's captures with what a row of the table shows."""
    return Capture.objects.filter(project=project).select_related("image", "source", "prediction__model")
