"""Who may take from a queue, and when: paused, closed, and bounded to the people it names."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from labeling.enums import Verdict
from labeling.models import Slot
from labeling.queries.queues import waiting_in
from labeling.queries.tasks import queues_for, tasks_for
from labeling.services import answers, leases
from tests.factories.labeling import open_task
from tests.factories.people import member
from tests.locks import until_somebody_waits_for_me

pytestmark = pytest.mark.django_db


def said(label="in_stock"):
    return answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value={"label": label}, seconds=1)


def stopped(queue, how):
    setattr(queue, how, timezone.now())
    queue.save(update_fields=[how])
    return queue


@pytest.mark.parametrize("how", ["paused_at", "closed_at"])
def test_a_stopped_queue_hands_out_nothing_and_takes_what_is_under_way(shop, how):
    task, other = open_task(shop.queue("review")), open_task(shop.queue("review"))
    queue = shop.queue("review")
    ((_, held),) = leases.claim(user=shop.annotator, queue=queue)
    stopped(queue, how)

    client = shop.client(shop.annotator)
    reply = client.post(f"/api/v1/queues/{queue.pk}/claim/", {}, format="json")
    assert (reply.status_code, reply.json()) == (200, {"tasks": [], "waiting": 0, "paused": True})
    reply = client.post(f"/api/v1/queues/{queue.pk}/claim/", {"task": str(other.pk)}, format="json")
    word = "paused" if how == "paused_at" else "closed"
    assert (reply.status_code, reply.json()["detail"]) == (409, f"The queue review is {word}.")
    assert waiting_in([queue], shop.annotator)[queue.pk].open == 0
    assert Slot.objects.filter(user__isnull=False).count() == 1

    task.queue.refresh_from_db()
    assert leases.claim_task(user=shop.annotator, task=task).token == held.token
    body = {"lease": held.token, "client_id": str(uuid.uuid4()), "verdict": "label"}
    reply = client.post(
        f"/api/v1/tasks/{task.pk}/answers/", body | {"value": {"label": "blocked"}}, format="json"
    )
    assert (reply.status_code, reply.json()["state"]) == (201, "counted")
    undo = body | {
        "lease": None,
        "client_id": str(uuid.uuid4()),
        "value": {"label": "in_stock"},
        "supersedes": reply.json()["id"],
    }
    assert client.post(f"/api/v1/tasks/{task.pk}/answers/", undo, format="json").status_code == 201


def test_a_paused_queue_is_listed_as_such_and_a_closed_one_no_more(shop):
    client = shop.client(shop.annotator)
    queue = stopped(shop.queue("review"), "paused_at")
    rows = {row["name"]: row["paused"] for row in client.get("/api/v1/queues/").json()["results"]}
    assert rows == {"review": True, "audit": False}
    stopped(queue, "closed_at")
    assert [row["name"] for row in client.get("/api/v1/queues/").json()["results"]] == ["audit"]


def test_an_answer_without_a_lease_to_a_paused_queue_is_kept_as_late(shop):
    task = open_task(stopped(shop.queue("review"), "paused_at"))
    with pytest.raises(answers.TooLate, match=r"The queue review is paused\. Your answer is kept"):
        answers.record_answer(user=shop.annotator, task=task, lease=None, said=said())


def test_a_queue_that_names_people_is_theirs_alone(shop):
    queue = shop.queue("review")
    task = open_task(queue)
    named, lead = member(shop.project, "annotator"), shop.qa_lead
    queue.members.add(named)
    assert queue in queues_for(named)
    assert task in tasks_for(named)
    assert leases.claim(user=named, queue=shop.queue("review"))
    for other in (shop.annotator, lead):
        assert queue not in queues_for(other)
        assert task not in tasks_for(other)
        with pytest.raises(PermissionDenied, match="for the people it names"):
            leases.claim(user=other, queue=shop.queue("review"))
        reply = shop.client(other).post(f"/api/v1/queues/{queue.pk}/claim/", {}, format="json")
        assert reply.status_code == 403


def test_being_named_gives_nobody_a_queue_of_another_audience(shop):
    queue = shop.queue("adjudication")
    queue.members.add(shop.annotator)
    assert queue not in queues_for(shop.annotator)
    with pytest.raises(PermissionDenied, match="for qa_leads"):
        leases.claim(user=shop.annotator, queue=queue)


@pytest.mark.django_db(transaction=True)
def test_a_task_that_another_page_of_theirs_is_taking_at_this_instant_is_kept(shop):
    queue = shop.queue("review")
    task = open_task(queue)

    def again():
        try:
            return leases.claim_task(user=shop.annotator, task=task)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ((_, held),) = leases.claim(user=shop.annotator, queue=queue)
            waiting = pool.submit(again)
            until_somebody_waits_for_me()
        assert waiting.result().token == held.token
