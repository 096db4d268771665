"""Webhooks: what waits in the outbox, how it is sent, when again, and where it is never sent."""

import hashlib
import hmac
import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from people.enums import DeliveryState, Event, Role
from people.models import Alarm, AuditEvent, Delivery
from people.services import alarms, delivering, outbox, sending, webhooks
from tests.factories.people import ProjectFactory, member

pytestmark = pytest.mark.django_db


def tell(project, event=Event.TRUST_CHANGED, **data):
    return outbox.announce(project=project, event=event, data=data or {"state": "stop"})


def now_due():
    Delivery.objects.filter(state=DeliveryState.WAITING).update(next_at=timezone.now() - timedelta(seconds=1))


def test_an_event_arrives_signed_and_once(project, hook, receiver):
    (made,) = tell(project, state="stop", reason="Audits find errors.")
    assert delivering.deliver_due() == 1
    assert delivering.deliver_due() == 0
    ((headers, body, path),) = receiver.got
    told = json.loads(body)
    assert (told["event"], told["project"], told["data"]["state"]) == ("trust.changed", project.slug, "stop")
    assert (told["id"], headers["X-Vouch-Delivery"], path) == (str(made.pk), str(made.pk), "/hook?to=line-4")
    assert headers["Host"] == f"localhost:{receiver.server.server_port}"
    signed = headers["X-Vouch-Timestamp"].encode() + b"." + body
    wanted = hmac.new(hook.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Vouch-Signature"] == f"sha256={wanted}"
    made.refresh_from_db()
    assert (made.state, made.status, made.attempts) == (DeliveryState.DELIVERED, 204, 1)


def test_only_what_a_webhook_asks_for_is_put_there(project, hook):
    assert tell(project, Event.ALARM_RAISED) == []
    assert tell(ProjectFactory()) == []
    webhooks.change(user=hook.by, webhook=hook, events=[])
    assert len(tell(project, Event.ALARM_RAISED)) == 1
    webhooks.change(user=hook.by, webhook=hook, active=False)
    assert tell(project) == []


def test_what_is_undone_is_not_told(project, hook, receiver):
    with transaction.atomic():
        tell(project)
        transaction.set_rollback(True)
    assert (delivering.deliver_due(), receiver.got) == (0, [])


def test_an_alarm_tells_when_it_is_raised_and_settled_once_each(project, hook, receiver):
    webhooks.change(user=hook.by, webhook=hook, events=[])
    for _ in range(2):
        alarm, _ = alarms.raise_alarm(project=project, kind="error_budget", words="Errors.")
    for _ in range(2):
        alarms.settle(user=None, alarm=alarm)
    delivering.deliver_due()
    told = [json.loads(body) for _, body, _ in receiver.got]
    assert [row["event"] for row in told] == ["alarm.raised", "alarm.settled"]
    assert told[0]["data"]["words"] == "Errors."


def test_what_fails_is_sent_again_ever_later_and_given_up_in_the_end(project, hook, receiver):
    receiver.status = 500
    (made,) = tell(project)
    waits = []
    for _ in range(len(delivering.BACK_OFF)):
        now_due()
        delivering.deliver_due()
        made.refresh_from_db()
        waits.append(made.next_at - timezone.now())
        assert delivering.deliver_due() == 0
    assert made.state == DeliveryState.WAITING
    assert all(a < b for a, b in pairwise(waits))
    now_due()
    delivering.deliver_due()
    made.refresh_from_db()
    assert (made.state, made.status, made.error) == (DeliveryState.FAILED, 500, "It answered 500.")
    receiver.status = 200
    webhooks.redeliver(user=hook.by, delivery=made)
    delivering.deliver_due()
    made.refresh_from_db()
    assert (made.state, made.attempts) == (DeliveryState.DELIVERED, 1)
    assert {headers["X-Vouch-Delivery"] for headers, _, _ in receiver.got} == {str(made.pk)}


def test_others_do_not_wait_for_one_that_is_down(project, hook, receiver, engineer):
    receiver.status = 503
    tell(project)
    tell(project)
    assert delivering.deliver_due() == 1
    assert len(receiver.got) == 1


def test_a_worker_that_dies_between_sending_and_writing_it_down_sends_the_same_again(
    project, hook, receiver, monkeypatch
):
    (made,) = tell(project)

    def die(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(delivering, "_settle", die)
        with pytest.raises(SystemExit):
            delivering.deliver_due()
    assert delivering.deliver_due() == 0
    now_due()
    assert delivering.deliver_due() == 1
    (_, first, _), (_, second, _) = receiver.got
    assert first == second
    assert json.loads(first)["id"] == str(made.pk)
    made.refresh_from_db()
    assert made.state == DeliveryState.DELIVERED


def test_pauses_differ_by_chance_and_are_bounded():
    pauses = [delivering.pause(3).total_seconds() for _ in range(50)]
    assert len(set(pauses)) > 40
    assert min(pauses) >= 240
    assert max(pauses) <= 360
    assert delivering.pause(100) <= delivering.BACK_OFF[-1] * 1.2


def fail(hook, times, **ago):
    """Let so many attempts fail, the first of them so long ago."""
    for _ in range(times):
        now_due()
        assert delivering.deliver_due() == 1
        type(hook).objects.filter(pk=hook.pk).update(failing_since=timezone.now() - timedelta(**ago))
    hook.refresh_from_db()


def test_a_receiver_that_fails_often_and_for_long_is_switched_off_with_an_alarm(project, hook, receiver):
    webhooks.change(user=hook.by, webhook=hook, events=[], url=f"{receiver.url}&token=hidden")
    receiver.status = 500
    tell(project)
    fail(hook, delivering.MOST_FAILURES - 1, days=1)
    assert hook.active
    fail(hook, 1, days=1)
    assert not hook.active
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject, alarm.settled_at) == ("webhook_off", str(hook.pk), None)
    assert "localhost was switched off: 8 attempts in a row failed" in alarm.words
    assert "It answered 500." in alarm.words
    assert "hidden" not in alarm.words + json.dumps(alarm.detail)
    # Not even of its own alarm is it told.
    assert set(Delivery.objects.values_list("event", flat=True)) == {"trust.changed"}
    now_due()
    assert delivering.deliver_due() == 0
    receiver.status = 204
    webhooks.change(user=hook.by, webhook=hook, active=True)
    alarm.refresh_from_db()
    assert (alarm.settled_by, alarm.settled_at is None) == (None, False)
    assert delivering.deliver_due() == 1
    hook.refresh_from_db()
    assert (hook.failures, hook.failing_since) == (0, None)


def test_an_hour_of_failures_or_one_that_arrives_switches_nothing_off(project, hook, receiver):
    receiver.status = 500
    tell(project)
    fail(hook, delivering.MOST_FAILURES, hours=23)
    assert (hook.active, hook.failures) == (True, delivering.MOST_FAILURES)
    receiver.status = 204
    now_due()
    delivering.deliver_due()
    hook.refresh_from_db()
    assert (hook.failures, hook.failing_since) == (0, None)
    assert not Alarm.objects.exists()


def test_where_nobody_wants_it_an_event_costs_one_look(project, hook, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert tell(project, Event.IMAGES_RESOLVED) == []


def test_a_receiver_that_never_comes_to_an_end_holds_a_worker_for_seconds(
    project, hook, receiver, monkeypatch
):
    monkeypatch.setattr(sending, "SECONDS", 0.5)
    receiver.drips = True
    (made,) = tell(project)
    delivering.deliver_due()
    # It would have gone on for half a minute.
    assert not receiver.dripped
    made.refresh_from_db()
    assert made.state == DeliveryState.WAITING
    assert "did not answer within" in made.error


def test_a_redirect_is_not_followed(project, hook, receiver):
    receiver.status, receiver.location = 302, "http://169.254.169.254/latest/"
    (made,) = tell(project)
    delivering.deliver_due()
    made.refresh_from_db()
    assert "redirects are not followed" in made.error
    assert len(receiver.got) == 1


def test_nobody_listening_is_said(project, hook, receiver):
    (made,) = tell(project)
    webhooks.change(user=hook.by, webhook=hook, url="http://localhost:9/")
    delivering.deliver_due()
    made.refresh_from_db()
    assert (made.status, made.error[:24]) == (None, "It could not be reached:")


def test_a_private_address_is_refused_when_it_is_sent_too(project, hook, receiver, settings):
    (made,) = tell(project)
    settings.PRIVATE_WEBHOOKS = False
    hook.url = "https://localhost/"
    hook.save()
    delivering.deliver_due()
    made.refresh_from_db()
    assert "private address" in made.error
    assert receiver.got == []


def test_two_workers_do_not_send_the_same(project, hook, receiver):
    tell(project)
    taken = delivering._take()
    assert taken is not None
    assert delivering.deliver_due() == 0


def test_only_engineers_set_them_and_it_is_on_record(project, engineer):
    for role in (Role.QA_LEAD, Role.ANNOTATOR, Role.ASSOCIATE):
        with pytest.raises(PermissionDenied, match="engineer"):
            webhooks.register(user=member(project, role), project=project, url="https://example.com/")
    with pytest.raises(webhooks.WebhookRefused) as refused:
        webhooks.register(user=engineer, project=project, url="ftp://example.com", events=["no.such"])
    assert sorted(refused.value.errors) == ["events", "url"]
    made = webhooks.register(user=engineer, project=project, url="https://example.com/")
    webhooks.delete(user=engineer, webhook=made)
    actions = AuditEvent.objects.filter(project_id=project.pk).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["webhook.register", "webhook.delete"]
    assert made.secret not in json.dumps(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_a_job_wakes_a_worker_with_the_event(project, hook):
    # Tests that commit may have left jobs of theirs.
    before = set(ProcrastinateJob.objects.values_list("pk", flat=True))
    tell(project)
    (job,) = ProcrastinateJob.objects.exclude(pk__in=before)
    assert job.task_name == outbox.JOB


def test_what_was_finished_long_ago_is_forgotten(project, hook):
    (made,), (waits,) = tell(project), tell(project)
    made.state, made.finished_at = DeliveryState.DELIVERED.value, timezone.now() - timedelta(days=31)
    made.save()
    assert delivering.forget_old() == 1
    assert Delivery.objects.get() == waits
