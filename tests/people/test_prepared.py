"""A prepared query gives what the QuerySet it is written as would give."""

import uuid

import pytest
from django.db import DataError, transaction
from django.db.models import Count

from labeling.models import Task
from people.queries.prepared import Prepared, run
from tests.factories.labeling import open_task

pytestmark = pytest.mark.django_db


def of_queue(queue, state):
    rows = Task.objects.filter(queue=queue, state=state, priority__lt=5).select_related(
        "image__source", "queue"
    )
    return rows.annotate(places=Count("slots")).order_by("-id")


def test_rows_come_with_what_they_select_along_and_annotate(shop, django_assert_num_queries):
    prepared = Prepared(of_queue, queue=uuid.UUID(int=1), state="a sample")
    for name, proposal in (("review", {"label": "blocked", "confidence": 0.5}), ("audit", None)):
        queue = shop.queue(name)
        made = [open_task(queue, proposal=proposal) for _ in range(2)]
        with django_assert_num_queries(1):
            found = prepared.all(queue=queue.pk, state="open")
            assert [task.image.sha256 for task in found] == [task.image.sha256 for task in reversed(made)]
            assert [(task.proposal, task.queue.name, task.places) for task in found] == [
                (proposal, name, 1)
            ] * 2
            assert found[0].image.source is None
    assert [vars(task).keys() for task in found] == [vars(task).keys() for task in of_queue(queue, "open")]
    assert found[0].created_at.tzinfo is not None
    assert prepared.first(queue=queue.pk, state="open") == made[1]
    assert prepared.first(queue=queue.pk, state="resolved") is None


def test_a_value_that_the_query_does_not_ask_for_is_refused():
    prepared = Prepared(lambda pk, other: Task.objects.filter(pk=pk), pk=uuid.UUID(int=1), other="a sample")
    with pytest.raises(ValueError, match="no place for other"):
        prepared.all(pk=uuid.UUID(int=2), other="")


def test_the_server_keeps_the_plan(shop):
    prepared = Prepared(of_queue, queue=uuid.UUID(int=1), state="a sample")
    made = [open_task(shop.queue("review")) for _ in range(2)]
    for _ in range(2):
        assert prepared.all(queue=made[0].queue_id, state="open") == list(reversed(made))
    names = {row[0] for row in run("SELECT statement FROM pg_prepared_statements", [])}
    assert any("labeling_task" in name for name in names)


def test_what_the_database_refuses_is_djangos_error():
    with pytest.raises(DataError), transaction.atomic():
        run("SELECT 1 / %s", [0])
    assert run("SELECT %s::int", [7]) == [(7,)]
