"""The worker's jobs: what a killed worker leaves behind is taken up again."""

from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.sites import site
from django.db import connection
from django.urls import reverse
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from inference import models
from inference.models import Capture
from inference.tasks import retry_stalled_jobs
from tests.factories.inference import PredictionFactory, capture_of, colour_project
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def stalled(queueing_lock):
    """A job that was being done by a worker which is no more."""
    job = app.configure_task("inference.train", lock="training", queueing_lock=queueing_lock)
    identity = job.defer(run_id="none")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [identity])
    return identity


def status(identity):
    return ProcrastinateJob.objects.get(pk=identity).status


async def retry():
    await retry_stalled_jobs(timestamp=0)


def test_a_job_whose_worker_is_gone_waits_again():
    identity = stalled(str(uuid4()))
    async_to_sync(retry)()
    assert status(identity) == "todo"


def test_a_stalled_job_whose_twin_waits_gives_up_its_lock():
    lock = str(uuid4())
    identity = stalled(lock)
    twin = app.configure_task("inference.train", lock="training", queueing_lock=lock).defer(run_id="none")
    async_to_sync(retry)()
    assert (status(identity), status(twin)) == ("failed", "todo")


def test_every_table_is_seen_in_the_admin(client):
    project = colour_project()
    PredictionFactory(capture=capture_of(project, b"x", state="predicted"), project=project)
    failed = capture_of(project, b"y", state="failed", failure="why")
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    for model in (
        models.Capture,
        models.Prediction,
        models.ModelVersion,
        models.Evaluation,
        models.TrainingRun,
    ):
        assert model in site._registry
        url = reverse(f"admin:inference_{model._meta.model_name}_changelist")
        assert client.get(url).status_code == 200
    url = reverse("admin:inference_capture_changelist")
    client.post(url, {"action": "try_again", "_selected_action": [str(failed.pk)]})
    assert Capture.objects.get(pk=failed.pk).state == "pending"
