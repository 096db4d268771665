"""The worker's housekeeping: what is past its time goes, and nothing else does."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from people.models import IdempotencyKey
from people.services import idempotency
from people.tasks import forget_old_jobs, forget_old_keys
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def key_of_age(user, name, **age):
    made = IdempotencyKey.objects.create(user=user, key=name, fingerprint=b"", status=201)
    IdempotencyKey.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(**age))


def test_keys_are_kept_for_seven_days(monkeypatch):
    monkeypatch.setattr(idempotency, "AT_ONCE", 2)
    user = UserFactory()
    for number in range(5):
        key_of_age(user, f"old-{number}", days=7, minutes=1)
    key_of_age(user, "young", days=6, hours=23)
    forget_old_keys(timestamp=0)
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["young"]


def job_of(lock):
    return app.configure_task("people.forget_old_keys", queueing_lock=lock).defer(timestamp=0)


async def forget_jobs():
    await forget_old_jobs(timestamp=0)


def test_jobs_that_ended_long_ago_go_and_those_that_wait_stay():
    ended, recent, waiting = (job_of(lock) for lock in "abc")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = ANY(%s)", [[ended, recent]]
        )
        # When it ended is read from its events, not from a column of its own.
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '4 days' WHERE job_id IN (%s, %s)",
            [ended, waiting],
        )
    async_to_sync(forget_jobs)()
    # Emptying the tables between tests leaves the jobs of others.
    ours = ProcrastinateJob.objects.filter(pk__in=[ended, recent, waiting])
    assert set(ours.values_list("pk", flat=True)) == {recent, waiting}
