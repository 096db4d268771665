"""Alerting a store: one open alert a camera, folded while it goes on, withdrawn once a later picture says otherwise."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from feedback.domain.alert_rules import AlertRule, firing, from_document, reason
from feedback.models import Alert, AlertRules
from feedback.models.alert import MOST_STATES
from feedback.queries import alerts
from inference.domain.cells import labels_of
from inference.models import Prediction
from inference.queries.proposals import proposal_of
from labeling.enums import Audience, TaskState
from labeling.models import Queue, Source, Task
from labeling.models.task import HIGHEST_PRIORITY
from labeling.services.tasks import Request, close, open_tasks

FOLDED = "A newer photograph of the same place took its place."


@dataclass(frozen=True)
class State:
    """What one capture showed: the rule that fires for it, if any, and the site's own time."""

    prediction: Prediction
    labels: list[str]
    rule: AlertRule | None
    at: datetime

    def document(self) -> dict[str, Any]:
        """As an alert keeps it."""
        return {
            "capture": str(self.prediction.capture_id),
            "label": self.rule.label if self.rule else ", ".join(self.labels),
            "confidence": self.prediction.confidence,
            "at": self.prediction.capture.captured_at.isoformat(),
        }


@transaction.atomic(savepoint=False)
def alert(*, predictions: Sequence[Prediction]) -> list[Alert]:
    """Raise, fold and withdraw what follows from these predictions; returns the alerts raised.

    `capture` and `image` of each must be loaded. Apart from the routing: what a model is sure of may need a person.
    """
    by_project: dict[Any, list[Prediction]] = defaultdict(list)
    for prediction in predictions:
        # What was erased while it was predicted can be put to nobody.
        if prediction.capture.image.erased_at is None:
            by_project[prediction.project_id].append(prediction)
    raised = []
    for group in by_project.values():
        in_force = alerts.rules_in_force(group[0].project)
        if in_force is not None:
            raised += _alert(in_force, group)
    return raised


def _alert(in_force: AlertRules, predictions: list[Prediction]) -> list[Alert]:
    rules = [from_document(document) for document in in_force.rules]
    wanted = {prediction.capture.source_id for prediction in predictions}
    # In one order everywhere, so that two batches with pictures of the same cameras wait for each other.
    sources = list(
        Source.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=wanted)
        .exclude(site=None)
        .select_related("site")
        .order_by("pk")
    )
    queues = {
        queue.name: queue
        for queue in Queue.objects.filter(
            project=in_force.project_id, audience=Audience.ASSOCIATE, closed_at=None
        )
    }
    raised = []
    for source in sources:
        states = [
            _state(rules, source, prediction)
            for prediction in predictions
            if prediction.capture.source_id == source.pk
        ]
        states.sort(key=lambda state: state.prediction.capture.captured_at)
        made = _follow(in_force, source, states, queues)
        if made is not None:
            raised.append(made)
    return raised


def _state(rules: list[AlertRule], source: Source, prediction: Prediction) -> State:
    zone = ZoneInfo(source.site.timezone) if source.site else ZoneInfo("UTC")
    at = prediction.capture.captured_at.astimezone(zone)
    labels = labels_of(prediction.value)
    rule = firing(rules, labels=labels, confidence=prediction.confidence, source=source.key, at=at)
    return State(prediction, labels, rule, at)


def _follow(
    in_force: AlertRules, source: Source, states: list[State], queues: dict[str, Queue]
) -> Alert | None:
    standing = (
        Alert.objects.filter(source=source, task__state=TaskState.OPEN.value)
        .select_related("task__queue")
        .order_by("-raised_at", "-task")
        .first()
    )
    if standing is not None:
        # What was photographed before is no news, however late it came.
        seen = datetime.fromisoformat(standing.states[-1]["at"])
        states = [state for state in states if state.prediction.capture.captured_at > seen]
    run: list[State] = []
    for state in states:
        if state.rule is not None and state.rule.queue in queues:
            run.append(state)
            continue
        asked = run[-1].rule if run else standing
        if asked is None or not _says_otherwise(state, asked.label, asked.confidence):
            continue
        run = []
        if standing is not None and not _is_held(standing.task):
            _withdraw(standing, _passed(state))
            standing = None
    return _raise(in_force, source, run, standing, queues) if run else None


def _says_otherwise(state: State, label: str, confidence: float) -> bool:
    return label not in state.labels and state.prediction.confidence >= confidence


def _passed(state: State) -> str:
    said = ", ".join(state.labels) or "nothing there"
    return f"A later photograph, of {state.at:%H:%M}, shows {said}, {state.prediction.confidence:.0%} sure."


def _is_held(task: Task) -> bool:
    """Whether somebody looks at it now: nothing is taken from under their thumb."""
    return task.slots.filter(answered_at=None, expires_at__gt=timezone.now()).exists()


def _withdraw(standing: Alert, because: str) -> None:
    task = Task.objects.select_for_update(of=("self",)).select_related("queue").get(pk=standing.task_id)
    if task.state != TaskState.OPEN:
        return
    close(task=task, state=TaskState.WITHDRAWN)
    standing.withdrawn_because = because
    standing.save(update_fields=["withdrawn_because"])


def _raise(
    in_force: AlertRules, source: Source, run: list[State], standing: Alert | None, queues: dict[str, Queue]
) -> Alert | None:
    """Open the alert of the run's last state, or fold it into the one that stands."""
    documents = [state.document() for state in run]
    if standing is not None:
        documents = [*standing.states, *documents]
        if _is_held(standing.task) or standing.task.answers.exists():
            standing.states = documents[-MOST_STATES:]
            standing.save(update_fields=["states"])
            return None
        _withdraw(standing, FOLDED)
    last = run[-1]
    if last.rule is None:
        return None
    queue, prediction = queues[last.rule.queue], last.prediction
    request = Request(
        image=prediction.capture.image,
        site_id=source.site_id,
        proposal=proposal_of(prediction),
        capture_id=prediction.capture_id,
        priority=standing.task.priority
        if standing
        else round(prediction.confidence * (HIGHEST_PRIORITY - 1)),
        is_news=standing is None,
    )
    open_tasks(queue=queue, requests=[request], answers=last.rule.answers)
    task = Task.objects.get(
        queue=queue, image=prediction.capture.image, state=TaskState.OPEN.value, gold=None
    )
    if standing is not None and standing.task.due_at is not None:
        # The clock runs from the first photograph, not from the last.
        task.due_at = standing.task.due_at
        task.save(update_fields=["due_at"])
    made, _ = Alert.objects.update_or_create(
        task=task,
        defaults={
            "project_id": in_force.project_id,
            "source": source,
            "first_task_id": standing.first_task_id if standing else task.pk,
            "rules": in_force,
            "rule": last.rule.name,
            "label": last.rule.label,
            "confidence": last.rule.confidence,
            "reason": reason(last.rule, confidence=prediction.confidence, source=source.key, at=last.at),
            "states": documents[-MOST_STATES:],
            "raised_at": standing.raised_at if standing else prediction.capture.captured_at,
        },
    )
    return made
