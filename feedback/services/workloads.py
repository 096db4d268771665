"""Measuring what goes to people and what they get done, by which reviews are ranked."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Avg
from django.utils import timezone

from feedback.domain import benefit
from feedback.domain.pace import Pace
from feedback.models import RoutingDecision, RoutingPolicy, Workload
from inference.domain.cells import labels_of
from inference.enums import Action
from inference.models import Prediction
from labeling.enums import TaskState
from labeling.models import Queue, Task
from people.models import Project
from people.queries.ids import id_floor

DAY = timedelta(days=1)
MOST_WAITING = 100_000
"""More is not counted."""

LOOKED_AT = 20_000
SAMPLE = 2_000
REVIEWS = 1_000

DONE = """
SELECT count(DISTINCT answer.task_id)
FROM labeling_answer AS answer JOIN labeling_task AS task ON task.id = answer.task_id
WHERE answer.project_id = %s AND answer.id > %s AND task.queue_id = ANY(%s) AND task.gold_id IS NULL
"""


@transaction.atomic
def measure(*, policy: RoutingPolicy) -> Workload:
    """Measure the queues of the policy in force over the last day; returns what is held from now on.

    Bounded however much waits: counts end at MOST_WAITING, and what is estimated is so from the newest.
    """
    project, now = policy.project, timezone.now()
    since, queues = id_floor(now - DAY), _queues(policy)
    tasks = Task.objects.filter(queue__in=queues, gold=None)
    pace = Pace(
        came=tasks.filter(pk__gt=since)[:MOST_WAITING].count(),
        done=_done(project, since, queues),
        waiting=tasks.filter(state=TaskState.OPEN)[:MOST_WAITING].count(),
    )
    rarities, drifts = _recent(project, now)
    measured = {
        "came": pace.came,
        "done": pace.done,
        "waiting": pace.waiting,
        "share": pace.share,
        "excess": pace.excess,
        "expected_errors": _expected_errors(tasks, pace),
        "cuts": _cuts(project, since, pace),
        "rarities": rarities,
        "drifts": drifts,
        "measured_at": now,
    }
    return Workload.objects.update_or_create(project=project, defaults=measured)[0]


def _queues(policy: RoutingPolicy) -> list[Queue]:
    own = [rule["queue"] for rule in policy.label_rules.values() if "queue" in rule]
    named = Queue.objects.filter(project=policy.project, name__in=own)
    return list({queue.pk: queue for queue in (policy.queue, policy.audit_queue, *named)}.values())


def _done(project: Project, since: UUID, queues: Iterable[Queue]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DONE, [project.pk, since, [queue.pk for queue in queues]])
        return int(cursor.fetchone()[0])


def _expected_errors(tasks: Any, pace: Pace) -> float:
    """How many of the excess the models themselves expect to be wrong: it is what would be asked last."""
    if not pace.excess:
        return 0.0
    newest = tasks.filter(state=TaskState.OPEN).order_by("-id").values_list("priority", "id", "capture_id")
    last = sorted(newest[:LOOKED_AT], key=lambda task: (-task[0], task[1]))
    beyond = max(1, round(len(last) * pace.excess / pace.waiting))
    captures = [capture for _, _, capture in last[-beyond:][-SAMPLE:] if capture]
    sure = Prediction.objects.filter(capture_id__in=captures).aggregate(sure=Avg("confidence"))["sure"]
    return 0.0 if sure is None else float(pace.excess * (1 - sure))


def _cuts(project: Project, since: UUID, pace: Pace) -> list[float]:
    # Whose answers are awaited follows from draws: their worth is that of all reviews.
    reviews = RoutingDecision.objects.filter(
        project_id=project.pk, awaited=True, action=Action.REVIEW.value, pk__gt=since, benefit__isnull=False
    )
    worth = list(reviews.order_by("-id").values_list("benefit", flat=True)[:REVIEWS])
    return benefit.cuts_of(worth, pace.share)


def _recent(project: Project, now: datetime) -> tuple[dict[str, float], dict[str, float]]:
    """How rare each label is among the newest predictions, and how far each source is from what it was."""
    rows: Any = Prediction.objects.filter(project=project).order_by("-id")
    fields = "capture__source_id", "model_id", "confidence", "value"
    newest = list(rows.values_list(*fields)[:SAMPLE])
    before = rows.filter(pk__lt=id_floor(now - DAY)).values_list(*fields)[:SAMPLE]
    # Another model is sure of other things: each is compared with itself.
    then, today = _confidences(before), _confidences(newest)
    drifts: dict[str, float] = defaultdict(float)
    for (source, model), values in today.items():
        drifts[str(source)] = max(drifts[str(source)], benefit.drift(then.get((source, model), []), values))
    counts = Counter(label for *_, value in newest for label in labels_of(value))
    return benefit.rarities(counts), {source: moved for source, moved in drifts.items() if moved}


def _confidences(rows: Iterable[Any]) -> dict[tuple[Any, Any], list[float]]:
    found: dict[tuple[Any, Any], list[float]] = defaultdict(list)
    for source, model, confidence, _ in rows:
        found[source, model].append(confidence)
    return found
