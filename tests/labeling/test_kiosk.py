"""The screen in the back office: open alerts of the store by age, and how the day goes."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.models import Task
from labeling.services import leases
from tests.factories.labeling import open_task
from tests.factories.people import member
from tests.labeling.test_alerts import PROPOSED, alert, answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def screen(shop, client):
    """`screen(user=associate)`: the words of the live part."""

    def read(user=None):
        client.force_login(user or shop.associate)
        response = client.get(reverse("kiosk", args=[shop.project.slug]), HTTP_HX_REQUEST="true")
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    return read


def test_it_shows_what_is_open_at_the_store_by_age_and_who_looks_at_it(shop, screen):
    old, new = alert(shop), open_task(shop.queue("alerts"), site_id=shop.north.pk, priority=5)
    Task.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(minutes=12))
    alert(shop, shop.south)
    words = screen()
    assert words.count("<tr>") == 3
    assert words.index("12 min ago") < words.index("just now")
    assert "70%" in words
    assert "Somebody is looking at it" not in words
    leases.claim(user=member(shop.project, "associate", shop.north), queue=shop.queue("alerts"))
    assert words.count("Waits") == 2
    assert screen().count("Somebody is looking at it") == 1
    assert new.image.filename in words


def test_it_counts_todays_answers_and_the_median_wait(shop, screen):
    assert "no alert is open" in screen()
    task = alert(shop)
    Task.objects.filter(pk=task.pk).update(created_at=timezone.now() - timedelta(minutes=7))
    answered(shop.associate, task)
    words = screen()
    assert "<dt>Answered today</dt><dd>1</dd>" in words
    assert "<dd>7 min</dd>" in words


def test_a_blind_queue_shows_no_proposal_here_either(shop, screen):
    task = alert(shop)
    Task.objects.filter(pk=task.pk).update(proposal=PROPOSED)
    shop.project.queues.filter(name="alerts").update(blind=True)
    assert "70%" not in screen()


def test_it_is_for_those_alerts_are_for(shop, client):
    page = reverse("kiosk", args=[shop.project.slug])
    for user, status in (
        (shop.annotator, 403),
        (shop.stranger, 404),
        (shop.qa_lead, 200),
        (shop.associate, 200),
    ):
        client.force_login(user)
        assert client.get(page).status_code == status


def test_more_alerts_ask_no_more_of_the_database(shop, client, django_assert_max_num_queries):
    client.force_login(shop.associate)
    for _ in range(12):
        alert(shop)
    client.get(reverse("kiosk", args=[shop.project.slug]))
    with django_assert_max_num_queries(22):
        client.get(reverse("kiosk", args=[shop.project.slug]))
