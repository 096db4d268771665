"""What a person can still take back is theirs to read: the last ten of the day, with the tasks they are about."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.enums import Verdict
from labeling.services.answers import Said, record_answer, supersede
from tests.factories.labeling import AnswerFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db
PROPOSED = {"label": "blocked", "confidence": 0.7, "scores": {"blocked": 0.7}, "model": "net 3"}


def said(label="in_stock", verdict=Verdict.LABEL):
    return Said(client_id=uuid.uuid4(), verdict=verdict, value={"label": label}, seconds=2)


def answered(shop, count=1, queue="review", user=None, proposal=None):
    verdict = Verdict.CORRECT if proposal and queue == "review" else Verdict.LABEL
    return [
        record_answer(
            user=user or shop.annotator,
            task=open_task(shop.queue(queue), proposal=proposal),
            lease=None,
            said=said(verdict=verdict),
        )[0]
        for _ in range(count)
    ]


def mine(client, **parameters):
    response = client.get("/api/v1/answers/mine/", parameters)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_the_last_ten_come_newest_first(shop):
    answers = answered(shop, 12)
    ids = [one["id"] for one in mine(shop.client(shop.annotator))]
    assert ids == [str(answer.pk) for answer in reversed(answers[2:])]


def test_each_comes_with_what_was_said_and_what_it_was_about(shop):
    (answer,) = answered(shop, proposal=PROPOSED)
    (one,) = mine(shop.client(shop.annotator))
    assert (one["client_id"], one["verdict"], one["value"]) == (
        str(answer.client_id),
        "correct",
        {"label": "in_stock"},
    )
    assert one["task"]["id"] == str(answer.task.pk)
    assert one["task"]["queue"] == str(shop.queue("review").pk)
    assert one["task"]["proposal"] == PROPOSED
    assert shop.client(shop.annotator).get(one["task"]["image"]["url"]).status_code in (200, 404)


def test_a_blind_one_shows_no_proposal(shop):
    answered(shop, queue="audit", proposal=PROPOSED)
    (one,) = mine(shop.client(shop.annotator))
    assert (one["task"]["proposal"], one["task"]["capture"]) == (None, None)


def test_one_that_was_replaced_gives_way_to_what_stands(shop):
    first, _ = answered(shop, 2)
    instead, _ = supersede(user=shop.annotator, task=first.task, said=said("blocked"), earlier=first.pk)
    ids = [one["id"] for one in mine(shop.client(shop.annotator))]
    assert ids[0] == str(instead.pk)
    assert str(first.pk) not in ids


def test_yesterdays_and_late_ones_cannot_be_taken_back(shop):
    for fields in ({"created_at": timezone.now() - timedelta(days=2)}, {"state": "late"}):
        AnswerFactory(task=open_task(shop.queue("review")), user=shop.annotator, **fields)
    (fresh,) = answered(shop)
    assert [one["id"] for one in mine(shop.client(shop.annotator))] == [str(fresh.pk)]


def test_the_reach_is_over_all_queues_and_one_can_be_asked_for(shop):
    answered(shop, 3, "review")
    answered(shop, 9, "audit")
    client = shop.client(shop.annotator)
    assert len(mine(client, queue=shop.queue("review").pk)) == 1
    assert len(mine(client, queue=shop.queue("audit").pk)) == 9


def test_everybody_sees_their_own_alone(shop):
    answered(shop, 2)
    colleague = member(shop.project, "annotator")
    assert mine(shop.client(colleague)) == []
    assert mine(shop.client(shop.qa_lead)) == []
    assert mine(shop.client(shop.associate)) == []


def test_a_queue_that_is_no_id_is_named(shop):
    response = shop.client(shop.annotator).get("/api/v1/answers/mine/", {"queue": "review"})
    assert response.status_code == 400
    assert "queue" in response.json()["errors"]


def test_it_takes_as_many_queries_for_one_as_for_ten(shop, django_assert_num_queries):
    client = shop.client(shop.annotator)
    answered(shop)
    mine(client)
    with CaptureQueriesContext(connection) as one:
        mine(client)
    answered(shop, 9)
    with django_assert_num_queries(len(one)):
        assert len(mine(client)) == 10
