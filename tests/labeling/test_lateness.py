"""Queues in which something waits past its time: an alarm each, settled by itself when nothing does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.enums import TaskState
from labeling.models import Queue, Task
from labeling.services import lateness
from people.models import Alarm
from tests.factories.labeling import open_task

pytestmark = pytest.mark.django_db


def due(task, **ago):
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now() - timedelta(**ago))
    return task


def standing():
    return list(Alarm.objects.filter(settled_at=None))


def test_one_alarm_a_late_queue_counted_while_it_is_late_and_settled_by_itself(shop):
    review = shop.queue("review")
    first, other = due(open_task(review), hours=2), due(open_task(review), hours=1)
    due(open_task(review), hours=-1)
    due(open_task(shop.queue("audit")), hours=-1)
    open_task(review)
    assert [lateness.look() for _ in range(2)] == [1, 1]
    (alarm,) = standing()
    first.refresh_from_db()
    assert (alarm.kind, alarm.subject, alarm.count) == ("queue_late", str(review.pk), 2)
    assert alarm.words == (
        f"2 images wait past their time in review; the oldest was due on {first.due_at:%Y-%m-%d at %H:%M} UTC."
    )
    assert alarm.detail["oldest_task"] == str(first.pk)
    for task in (first, other):
        Task.objects.filter(pk=task.pk).update(state=TaskState.RESOLVED, closed_at=timezone.now())
    assert lateness.look() == 0
    assert standing() == []
    assert Alarm.objects.get().settled_by is None


@pytest.mark.parametrize("how", ["paused_at", "closed_at"])
def test_a_queue_that_hands_nothing_out_is_not_late(shop, how):
    due(open_task(shop.queue("review")), hours=1)
    assert lateness.look() == 1
    Queue.objects.filter(name="review").update(**{how: timezone.now()})
    assert (lateness.look(), standing()) == (0, [])


def test_a_stores_alerts_have_an_alarm_of_their_own(shop):
    due(open_task(shop.queue("alerts"), site_id=shop.north.pk), hours=1)
    assert (lateness.look(), standing()) == (0, [])
