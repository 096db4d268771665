"""The worker's jobs: consensus by posterior, audits, long reports, rounds and files. Each is safe to run twice."""

from typing import Any
from uuid import UUID

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from labeling.services import (
    agreement_checks,
    agreement_later,
    alert_push,
    audits,
    consensus,
    lateness,
    redacting,
    rounds,
)
from labeling.services.label_import import later


@app.periodic(cron="* * * * *")
@app.task(name="labeling.judge_pending", queue="default", queueing_lock="judge pending")
def judge_pending(timestamp: int) -> None:
    """Settle what Dawid and Skene's model can settle by now; a minute's answers are judged together."""
    try:
        consensus.judge_pending()
    finally:
        close_old_connections()


@app.task(name=rounds.JOB, queue="default", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def tend_round(queue_id: str) -> None:
    """Open what a large round has chosen, or withdraw what a closed one left."""
    try:
        rounds.tend(UUID(queue_id))
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name="labeling.look_for_late_queues", queue="default", queueing_lock="late queues")
def look_for_late_queues(timestamp: int) -> None:
    """Raise the alarms of queues in which something waits past its time, and settle those past."""
    try:
        lateness.look()
    finally:
        close_old_connections()


@app.periodic(cron="23 * * * *")
@app.task(name="labeling.audit_agreement", queue="default", queueing_lock="audit agreement")
def audit_agreement(timestamp: int) -> None:
    """Freeze the reports that are due by their projects' schedules, and raise what alarms follow from them."""
    try:
        audits.audit_due()
    finally:
        close_old_connections()


@app.task(
    name=agreement_later.COUNT_JOB, queue="default", retry=RetryStrategy(max_attempts=10, linear_wait=5)
)
def count_agreement(project_id: str, filters: dict[str, str]) -> None:
    """Count a report that is too long for whoever asked for it to wait."""
    try:
        agreement_later.count(UUID(project_id), filters)
    finally:
        close_old_connections()


@app.task(
    name=agreement_later.FREEZE_JOB, queue="default", retry=RetryStrategy(max_attempts=5, exponential_wait=3)
)
def freeze_agreement(report_id: str, project_id: str, **asked: Any) -> None:
    """Freeze a report that takes long."""
    try:
        agreement_later.freeze(report_id=UUID(report_id), project_id=UUID(project_id), **asked)
    finally:
        close_old_connections()


@app.task(name=agreement_checks.JOB, queue="default", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def check_agreement(check_id: str) -> None:
    """Make a long frozen report again and compare."""
    try:
        agreement_checks.carry_out(UUID(check_id))
    finally:
        close_old_connections()


@app.task(name=later.JOB, queue="default", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def import_labels(import_id: str) -> None:
    """Go through a long file of labels."""
    try:
        later.carry_out(UUID(import_id))
    finally:
        close_old_connections()


@app.task(name=alert_push.JOB, queue="default")
def push_alerts(task_ids: list[str], occasion: str) -> None:
    """Tell the phones that want to know of these alerts."""
    try:
        alert_push.tell(task_ids=task_ids, occasion=occasion)
    finally:
        close_old_connections()


@app.periodic(cron="* * * * *")
@app.task(name=redacting.JOB, queue="default", queueing_lock="remove replaced")
def remove_replaced(timestamp: int = 0) -> None:
    """Remove the bytes of images that were written anew, and each minute what could not be; at once while there is
    more."""
    try:
        if redacting.carry_out() >= redacting.AT_ONCE:
            redacting.defer()
    finally:
        close_old_connections()
