"""Jobs that run or wait far longer than they should: an alarm in their project, settled when they no longer do."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from feedback.services import stuck_jobs
from people.models import Alarm
from tests.factories.labeling import project_with
from tests.factories.people import ProjectFactory

pytestmark = pytest.mark.django_db

IMPORT = "labeling.import_labels"


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture(autouse=True)
def alone():
    """No job of other tests, and a worker that has looked for a while."""
    sql("DELETE FROM procrastinate_jobs")
    looked = app.configure_task(stuck_jobs.JOB, queue="default").defer(timestamp=0)
    sql("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", looked)
    sql("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", looked)
    age(looked, minutes=20)
    return looked


def age(job, **ago):
    at = timezone.now() - timedelta(**ago)
    sql("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", at, job)
    return job


def defer(task=IMPORT, *, running=False, queue="default", lock=None, args=None, **ago):
    job = app.configure_task(task, queue=queue, lock=lock).defer(**(args or {}))
    if running:
        sql("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", job)
    return age(job, **ago)


def standing():
    return {
        (alarm.project, alarm.subject): alarm.words
        for alarm in Alarm.objects.filter(settled_at=None).select_related("project")
    }


def test_what_waits_too_long_raises_one_alarm_a_task_in_its_project_until_it_is_done():
    project, _ = ProjectFactory(), ProjectFactory()
    jobs = [defer(args={"project_id": str(project.pk)}, minutes=minutes) for minutes in (16, 30, 14)]
    assert [stuck_jobs.look() for _ in range(2)] == [1, 1]
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.project, alarm.count, alarm.severity) == ("job_stuck", project, 2, "critical")
    assert alarm.words.startswith(f"2 jobs {IMPORT} have waited since ")
    assert alarm.detail["jobs"] == 2
    sql("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = ANY(%s)", jobs)
    assert stuck_jobs.look() == 0
    assert standing() == {}


def test_what_runs_too_long_by_its_queue_raises_one():
    project = project_with()
    names = {"queue_id": str(project.queues.get(name="review").pk)}
    defer("inference.train", running=True, queue="training", args=names, hours=23)
    assert stuck_jobs.look() == 0
    sql("UPDATE procrastinate_events SET at = at - interval '2 hours'")
    assert age(defer(stuck_jobs.JOB, running=True, args={"timestamp": 0}), minutes=20)
    assert stuck_jobs.look() == 1
    ((where, subject),) = standing()
    assert (where, subject) == (project, "inference.train: runs")
    assert "longer than 24 hours" in Alarm.objects.get().words


def test_what_belongs_to_no_project_is_said_in_all():
    projects = {ProjectFactory(), ProjectFactory()}
    defer("people.forget_old_keys", running=True, args={"timestamp": 0}, hours=3)
    assert stuck_jobs.look() == 2
    assert {project for project, _ in standing()} == projects


def test_what_waits_for_a_running_job_of_its_lock_or_for_its_hour_is_not_stuck():
    names = {"project_id": str(ProjectFactory().pk)}
    defer("inference.train", running=True, queue="training", lock="training", args=names, hours=1)
    defer("inference.train", queue="training", lock="training", args=names, hours=1)
    later = defer(args=names, hours=1)
    sql("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' WHERE id = %s", later)
    assert (stuck_jobs.look(), standing()) == (0, {})


def test_a_worker_that_was_away_raises_nothing_for_what_waited_meanwhile(alone):
    age(alone, hours=9)
    defer(args={"project_id": str(ProjectFactory().pk)}, hours=8)
    assert (stuck_jobs.look(), standing()) == (0, {})
