"""Alerts of a store over the API: what is open without taking it, what is told of, and how the day goes."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.enums import Verdict
from labeling.models import Task
from labeling.services import leases
from labeling.services.answers import Said, record_answer
from tests.factories.labeling import AnswerFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db

PROPOSED = {"label": "out_of_stock", "confidence": 0.7, "scores": {"out_of_stock": 0.7}, "model": "net"}


@pytest.fixture
def get(shop):
    """`get("open-alerts", user=associate, **terms)`: the answer's JSON."""

    def got(what, user=None, **terms):
        response = shop.client(user or shop.associate).get(
            f"/api/v1/projects/{shop.project.slug}/{what}/", terms
        )
        assert response.status_code == 200, response.content
        return response.json()

    return got


def alert(shop, site=None, **request):
    return open_task(shop.queue("alerts"), site_id=(site or shop.north).pk, proposal=PROPOSED, **request)


def answered(user, task):
    said = Said(client_id=uuid.uuid4(), verdict=Verdict.ACCEPT)
    return record_answer(user=user, task=task, lease=None, said=said)[0]


def test_open_alerts_are_those_of_ones_own_sites_the_most_urgent_first_and_are_not_taken(shop, get):
    old, urgent = alert(shop), alert(shop, priority=5)
    elsewhere = alert(shop, shop.south)
    found = get("open-alerts")
    assert [one["id"] for one in found["results"]] == [str(urgent.pk), str(old.pk)]
    assert found["open"] == 2
    assert {one["taken"] for one in found["results"]} == {False}
    assert "lease" not in found["results"][0]
    assert not urgent.slots.exclude(user=None).exists()
    assert [one["id"] for one in get("open-alerts", shop.other_associate)["results"]] == [str(elsewhere.pk)]
    assert get("open-alerts", shop.qa_lead)["open"] == 3
    assert len(get("open-alerts", limit=1)["results"]) == 1


def test_one_that_somebody_else_looks_at_is_taken_until_their_lease_runs_out(shop, get):
    task = alert(shop)
    colleague = member(shop.project, "associate", shop.north)
    leases.claim(user=colleague, queue=shop.queue("alerts"))
    assert [one["taken"] for one in get("open-alerts")["results"]] == [True]
    assert [one["taken"] for one in get("open-alerts", colleague)["results"]] == [False]
    task.slots.update(expires_at=timezone.now())
    assert [one["taken"] for one in get("open-alerts")["results"]] == [False]


def test_what_one_has_answered_or_a_paused_queue_holds_is_not_open(shop, get):
    queue = shop.queue("alerts")
    queue.answers_required = 2
    queue.save()
    answered(shop.associate, alert(shop))
    assert get("open-alerts")["results"] == []
    colleague = member(shop.project, "associate", shop.north)
    assert len(get("open-alerts", colleague)["results"]) == 1
    queue.paused_at = timezone.now()
    queue.save()
    assert get("open-alerts", colleague) == {"open": 0, "results": []}


def test_more_alerts_ask_no_more_of_the_database(shop, get, django_assert_max_num_queries):
    alert(shop)
    get("open-alerts")
    for _ in range(10):
        alert(shop)
    with django_assert_max_num_queries(11):
        assert len(get("open-alerts")["results"]) == 11


def test_a_limit_that_is_none_is_named(shop):
    client = shop.client(shop.associate)
    for limit in ("0", "51", "many"):
        response = client.get(f"/api/v1/projects/{shop.project.slug}/open-alerts/", {"limit": limit})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["limit"])


def test_today_counts_alerts_since_midnight_at_the_store_and_the_median_wait(shop, get):
    shop.north.timezone = "Europe/Stockholm"
    shop.north.save()
    assert get("alerts-today")["answered"] == 0
    for minutes in (2, 4, 60):
        task = alert(shop)
        Task.objects.filter(pk=task.pk).update(created_at=timezone.now() - timedelta(minutes=minutes))
        answered(shop.associate, task)
    answered(shop.other_associate, alert(shop, shop.south))
    found = get("alerts-today")
    assert found["answered"] == 3
    assert found["median_seconds"] == pytest.approx(240, abs=5)
    assert found["since"].endswith(("T22:00:00Z", "T23:00:00Z"))


def test_what_was_answered_before_midnight_is_not_of_today(shop, get):
    AnswerFactory(task=alert(shop), created_at=timezone.now() - timedelta(days=1, minutes=5))
    assert get("alerts-today")["answered"] == 0
    assert get("alerts-today")["median_seconds"] is None
