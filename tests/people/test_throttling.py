"""What one caller may ask of the API in a minute."""

import pytest

from people.api import throttling
from people.api.throttling import Buckets
from tests.factories.people import ProjectFactory, client_of, member


@pytest.fixture
def buckets(monkeypatch):
    made = Buckets()
    monkeypatch.setattr(throttling, "buckets", made)
    return made


def test_a_bucket_holds_a_minutes_worth_and_fills_steadily():
    held = Buckets()
    assert [held.take("a", a_minute=3, now=0) for _ in range(4)] == [0, 0, 0, 20]
    assert held.take("a", a_minute=3, now=19.9) > 0
    assert held.take("a", a_minute=3, now=20) == 0
    assert held.take("b", a_minute=3, now=20) == 0
    # However long nothing was asked, no more than a minute's worth waits.
    assert [held.take("a", a_minute=3, now=10_000) for _ in range(4)] == [0, 0, 0, 20]


def test_what_weighs_less_is_let_through_more_often():
    held = Buckets()
    assert [held.take("a", a_minute=1, now=0, weight=0.25) > 0 for _ in range(5)] == [False] * 4 + [True]


def test_callers_who_ask_nothing_any_more_are_forgotten(monkeypatch):
    monkeypatch.setattr(throttling, "MOST_CALLERS", 3)
    held = Buckets()
    for number in range(50):
        held.take(number, a_minute=60, now=number * 10.0)
    assert len(held.held) <= 3


@pytest.mark.django_db
def test_a_caller_who_asks_too_much_is_told_when_to_come_back(settings, buckets):
    settings.API_RATE = 2
    project = ProjectFactory()
    one, other = member(project, "engineer"), member(project, "engineer")
    client = client_of(one, project)
    assert [client.get("/api/v1/queues/").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/api/v1/queues/")
    assert refused.json()["type"] == "/problems/too-many-requests"
    assert 1 <= int(refused["Retry-After"]) <= 30
    assert client_of(other, project).get("/api/v1/queues/").status_code == 200
    settings.API_RATE = 0
    assert client.get("/api/v1/queues/").status_code == 200
