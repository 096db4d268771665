"""Alarms: said once until they are settled, by leads or by what they were about having passed."""

import pytest
from django.core.exceptions import PermissionDenied

from people.models import Alarm, AuditEvent
from people.services.alarms import raise_alarm, settle
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db


def low(shop, subject="", words="α is low.", **detail):
    return raise_alarm(
        project=shop.project, kind="agreement_low", subject=subject, words=words, detail=detail
    )


def test_it_is_said_once_with_the_newest_words_until_it_is_settled(shop):
    first, is_new = low(shop, value=0.4)
    assert is_new
    again, is_new = low(shop, words="α is lower.", value=0.3)
    assert (again.pk, is_new, again.words, again.detail) == (first.pk, False, "α is lower.", {"value": 0.3})
    assert low(shop, "low_stock")[1]
    settle(user=shop.qa_lead, alarm=first)
    assert low(shop)[1]
    assert Alarm.objects.filter(settled_at=None).count() == 2


def test_who_settled_it_is_on_record_and_again_is_the_same(shop):
    alarm, _ = low(shop)
    assert settle(user=shop.qa_lead, alarm=alarm).settled_by == shop.qa_lead
    assert settle(user=shop.engineer, alarm=alarm).settled_by == shop.qa_lead
    assert AuditEvent.objects.get(action="alarm.settled").actor == shop.qa_lead
    passed, _ = low(shop, "blocked")
    assert settle(user=None, alarm=passed).settled_by is None


def test_an_annotator_settles_none(shop):
    alarm, _ = low(shop)
    with pytest.raises(PermissionDenied):
        settle(user=shop.annotator, alarm=alarm)


def test_leads_read_and_settle_them_over_the_api(shop):
    alarm, _ = low(shop)
    path, settling = f"/api/v1/projects/{shop.project.slug}/alarms/", f"/api/v1/alarms/{alarm.pk}/settle/"
    found = {}
    for who in ("qa_lead", "engineer", "annotator", "associate", "stranger"):
        client = client_of(getattr(shop, who), shop.project)
        found[who] = client.get(path).status_code
        if who not in ("qa_lead", "engineer"):
            assert client.post(settling).status_code in (403, 404)
    assert found == {"qa_lead": 200, "engineer": 200, "annotator": 403, "associate": 403, "stranger": 404}
    client = shop.client(shop.qa_lead)
    assert [row["words"] for row in client.get(f"{path}?settled=false").json()["results"]] == ["α is low."]
    assert client.post(settling).json()["settled_by"] == shop.qa_lead.username
    assert client.get(f"{path}?settled=false").json()["results"] == []
    assert client.get(f"{path}?settled=perhaps").status_code == 400


def test_a_lead_settles_it_where_it_stands_and_stays_on_the_page(shop, client):
    alarm, _ = low(shop, words="α of <low> fell.")
    page = f"/p/{shop.project.slug}/quality/"
    client.force_login(shop.qa_lead)
    assert "α of &lt;low&gt; fell." in client.get(page).content.decode()
    assert "α of &lt;low&gt; fell." in client.get(f"/p/{shop.project.slug}/").content.decode()
    settling = f"/p/{shop.project.slug}/alarms/{alarm.pk}/settle/"
    assert client.get(settling).status_code == 405
    reply = client.post(settling, {"next": page})
    assert (reply.status_code, reply["Location"]) == (302, page)
    assert "α of &lt;low&gt; fell." not in client.get(page).content.decode()
    assert client.post(settling, {"next": "https://elsewhere.example/"})["Location"] == "/"


def test_nobody_else_settles_it(shop, client):
    alarm, _ = low(shop)
    for who in ("annotator", "associate", "stranger"):
        client.force_login(getattr(shop, who))
        assert client.post(f"/p/{shop.project.slug}/alarms/{alarm.pk}/settle/").status_code == 404
