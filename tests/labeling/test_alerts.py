"""Alerts of a store over the API: what is open without taking it, what is told of, and how the day goes."""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from labeling.consumers import checked_topics
from labeling.enums import Verdict
from labeling.models import Task
from labeling.queries.images import address_under
from labeling.services import gold, leases
from labeling.services.answers import Said, record_answer
from labeling.services.gold_beside import drawn, with_drawn
from labeling.services.images import store
from tests.factories.labeling import AnswerFactory, ImageFactory, open_task, picture
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
    assert found["median_seconds"] == pytest.approx(240, abs=60)
    assert found["since"].endswith(("T22:00:00Z", "T23:00:00Z"))


def test_what_was_answered_before_midnight_is_not_of_today(shop, get):
    AnswerFactory(task=alert(shop), created_at=timezone.now() - timedelta(days=1, minutes=5))
    assert get("alerts-today")["answered"] == 0
    assert get("alerts-today")["median_seconds"] is None


@pytest.fixture
def checked(shop):
    """The queue of alerts, where beside every alert a known answer is found."""
    queue = shop.queue("alerts")
    # More than may be asked for, so that chance needs no waiting.
    queue.gold_share = 1
    queue.save()
    for _ in range(4):
        image = ImageFactory(
            project=shop.project, source=shop.camera, captured_at=timezone.now() - timedelta(days=40)
        )
        gold.make_gold(user=shop.qa_lead, project=shop.project, image=image, value={"label": "in_stock"})
    return queue


def claim(shop, user, count):
    path = f"/api/v1/queues/{shop.queue('alerts').pk}/claim/"
    return shop.client(user).post(path, {"count": count}, format="json").json()["tasks"]


def test_a_known_answer_is_listed_counted_and_announced_before_it_is_taken(shop, get, checked):
    alerts = [str(open_task(checked, site_id=shop.north.pk).pk) for _ in range(3)]
    found = get("open-alerts")
    listed = [one["id"] for one in found["results"]]
    assert (len(listed), found["open"]) == (6, 6)
    assert listed == [one["id"] for one in get("open-alerts")["results"]]
    said = with_drawn(
        shop.associate.pk, alerts, checked_topics(shop.associate, shop.project.slug).popitem()[1]
    )
    assert sorted(listed) == said
    taken = claim(shop, shop.associate, 4)
    assert [task["id"] for task in taken] == listed[:4]
    by_id = {one["id"]: one for one in found["results"]}
    for task in taken:
        assert task["image"] | {"url": ""} == by_id[task["id"]]["image"] | {"url": ""}
    assert len({task["lease"]["expires_at"] for task in taken}) == 1
    assert len({one["image"]["id"] for one in found["results"]}) == 6
    # An id carries its time, and known answers are about images and captures of long ago.
    now = timezone.now().timestamp()
    for one in found["results"]:
        assert abs((uuid.UUID(one["image"]["id"]).int >> 80) / 1000 - now) < 60
    for one in found["results"]:
        at = timezone.datetime.fromisoformat
        assert one["image"]["captured_at"] is None or at(one["created_at"]) - at(
            one["image"]["captured_at"]
        ) < timedelta(seconds=60)


def test_a_known_answer_is_one_persons_and_answered_without_a_lease_as_any(shop, get, checked):
    open_task(checked, site_id=shop.north.pk)
    mine = Task.objects.get(pk__in=[one["id"] for one in get("open-alerts")["results"]], gold__isnull=False)
    colleague = member(shop.project, "associate", shop.north)
    theirs = {one["id"] for one in get("open-alerts", colleague)["results"]}
    assert str(mine.pk) not in theirs
    assert len(theirs) == 2
    sent = {"client_id": str(uuid.uuid4()), "verdict": "label", "value": {"label": "in_stock"}}
    reply = shop.client(shop.associate).post(f"/api/v1/tasks/{mine.pk}/answers/", sent, format="json")
    assert (reply.status_code, reply.json()["state"]) == (201, "counted")
    assert str(mine.pk) not in {one["id"] for one in get("open-alerts")["results"]}
    assert (get("open-alerts")["open"], get("alerts-today")["answered"]) == (1, 1)
    assert [task["id"] for task in claim(shop, shop.associate, 5)] == [
        one["id"] for one in get("open-alerts")["results"]
    ]


def test_its_photograph_comes_under_the_id_it_goes_by_to_its_bearer_alone(shop, get, client):
    queue = shop.queue("alerts")
    queue.gold_share = 1
    queue.save()
    image, _ = store(project=shop.project, data=picture(1), source=shop.camera)
    gold.make_gold(user=shop.qa_lead, project=shop.project, image=image, value={"label": "in_stock"})
    real = open_task(queue, site_id=shop.north.pk)
    (shown,) = (one for one in get("open-alerts")["results"] if one["id"] != str(real.pk))
    url = urlsplit(shown["image"]["url"])
    kept = {"If-None-Match": f'"{image.sha256}"'}
    assert client.get(f"{url.path}?{url.query}", headers=kept).status_code == 304
    goes_by = uuid.UUID(shown["image"]["id"])
    assert goes_by != image.pk
    colleague = member(shop.project, "associate", shop.north)
    for user in (colleague, shop.qa_lead):
        assert client.get(address_under(goes_by, user), headers=kept).status_code == 404
    sent = {"client_id": str(uuid.uuid4()), "verdict": "label", "value": {"label": "in_stock"}}
    shop.client(shop.associate).post(f"/api/v1/tasks/{shown['id']}/answers/", sent, format="json")
    path = f"/api/v1/projects/{shop.project.slug}/answers/"
    (mine,) = shop.client(shop.associate).get(path).json()["results"]
    (read,) = shop.client(shop.qa_lead).get(path).json()["results"]
    assert (mine["image"], read["image"]) == (str(goes_by), str(image.pk))


def test_of_all_that_is_found_the_share_set_is_known(settings):
    # Else the key of the installation, another in every run, with other draws.
    settings.SECRET_KEY = "the same in every run"
    found = [drawn(user, uuid.UUID(int=task), 0.1) for user in range(10) for task in range(1000)]
    # Binomial, n = 10,000, p = 1/9: mean 1,111, standard deviation 31.
    assert 1000 < sum(one is not None for one in found) < 1220
    assert drawn(1, uuid.UUID(int=1), 0.0) is None
