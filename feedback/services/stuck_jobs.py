"""Watching the workers' jobs: an alarm for each kind that is stuck, in the project it works for, else in all."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from feedback.models import AlertStep, DatasetVersion
from feedback.queries.stuck_jobs import MOST, Stuck, has_looked_since, longest, stuck_jobs
from inference.models import ModelJob, TrainingRun
from labeling.models import LabelImport, Queue
from people.enums import AlarmKind
from people.models import Alarm, Project
from people.services.alarms import raise_alarm, settle

JOB = "feedback.look_for_stuck_jobs"
KIND = AlarmKind.JOB_STUCK
NAMES: dict[str, type[Model]] = {
    "run_id": TrainingRun,
    "dataset_id": DatasetVersion,
    "queue_id": Queue,
    "import_id": LabelImport,
    "job_id": ModelJob,
    "step_id": AlertStep,
    "alarm_id": Alarm,
}
"""What a job's arguments name that belongs to a project; `project_id` is one itself."""


@transaction.atomic
def look(now: datetime | None = None) -> int:
    """Raise the alarms of what is stuck, and settle those of what no longer is; returns how many stand after it.

    Where the worker that looks has only just begun, nothing new is raised: it has not had the time to do what waits.
    """
    now = now or timezone.now()
    standing = {
        (alarm.project_id, alarm.subject): alarm
        for alarm in Alarm.objects.filter(kind=KIND, settled_at=None).select_related("project")
    }
    found = _by_project(stuck_jobs(now))
    may_raise = has_looked_since(JOB, now)
    stands = 0
    for (project, subject), jobs in found.items():
        if standing.pop((project.pk, subject), None) is None and not may_raise:
            continue
        raise_alarm(project=project, kind=KIND, subject=subject, words=_words(jobs), detail=_detail(jobs))
        stands += 1
    for alarm in standing.values():
        settle(user=None, alarm=alarm)
    return stands


def _by_project(jobs: Iterable[Stuck]) -> dict[tuple[Project, str], list[Stuck]]:
    found = defaultdict(list)
    everybody: list[Project] | None = None
    for job in jobs:
        project = _project_of(job.args)
        if project is None and everybody is None:
            everybody = list(Project.objects.order_by("pk"))
        for each in [project] if project else everybody or []:
            found[each, f"{job.task}: {'runs' if job.runs else 'waits'}"].append(job)
    return found


def _project_of(args: dict[str, Any]) -> Project | None:
    """The project that a job with these arguments works for; None where it works for the whole installation."""
    if "project_id" in args:
        return Project.objects.filter(pk=args["project_id"]).first()
    for name, model in NAMES.items():
        if name in args:
            row: Any = model._default_manager.select_related("project").filter(pk=args[name]).first()
            return row.project if row else None
    return None


def _words(jobs: list[Stuck]) -> str:
    first = min(jobs, key=lambda job: job.since)
    since = f"{first.since:%Y-%m-%d %H:%M} UTC"
    if first.runs:
        hours = longest(first.queue).total_seconds() / 3600
        return f"The job {first.task} has been running since {since}, longer than {hours:g} hours."
    many = f"{len(jobs):,}{' or more' if len(jobs) >= MOST else ''} jobs {first.task} have"
    if len(jobs) == 1:
        many = f"The job {first.task} has"
    return f"{many} waited since {since}: no worker of the queue {first.queue} takes it up."


def _detail(jobs: list[Stuck]) -> dict[str, Any]:
    first = min(jobs, key=lambda job: job.since)
    return {"task": first.task, "queue": first.queue, "jobs": len(jobs), "since": first.since}
