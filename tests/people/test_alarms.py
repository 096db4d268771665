"""Alarms: said once until they are settled, by leads or by what they were about having passed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from people.enums import Role
from people.models import Alarm, AuditEvent, Delivery, User
from people.services import alarm_mail, alarms, webhooks
from people.services.alarms import acknowledge, raise_alarm, settle
from tests.factories.people import ProjectFactory, client_of, member

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
    assert (first.count, again.count) == (1, 2)
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


def test_of_many_workers_at_once_one_raises_it_and_the_others_are_counted(
    transactional_db, settings, engineer, project
):
    settings.PRIVATE_WEBHOOKS = True
    webhooks.register(user=engineer, project=project, url="http://localhost:9/", events=["alarm.raised"])
    workers, rounds = 6, 5
    together = Barrier(workers)

    def work(number):
        try:
            together.wait(timeout=20)
            return [
                raise_alarm(project=project, kind="drift", words=f"{number}.{turn}")[1]
                for turn in range(rounds)
            ]
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        new = [is_new for found in pool.map(work, range(workers)) for is_new in found]
    alarm = Alarm.objects.get()
    assert (new.count(True), alarm.count) == (1, workers * rounds)
    assert Delivery.objects.count() == 1
    mails = ProcrastinateJob.objects.filter(task_name=alarms.MAIL_JOB, args__alarm_id=str(alarm.pk))
    assert mails.count() == 1


def test_an_acknowledged_alarm_stands_and_calls_nobody(shop, client):
    alarm, _ = low(shop)
    client.force_login(shop.qa_lead)
    page, waits = f"/p/{shop.project.slug}/alarms/", '<span class="badge warn">1</span>'
    assert waits in client.get(page).content.decode()
    client.post(f"{page}{alarm.pk}/acknowledge/", {"next": page})
    shown = client.get(page).content.decode()
    assert waits not in shown
    assert f"{shop.qa_lead} looks at it" in shown
    assert acknowledge(user=shop.engineer, alarm=alarm).acknowledged_by == shop.qa_lead
    assert AuditEvent.objects.get(action="alarm.acknowledged").actor == shop.qa_lead
    assert low(shop)[0].acknowledged_by == shop.qa_lead
    with pytest.raises(PermissionDenied):
        acknowledge(user=shop.annotator, alarm=alarm)
    settle(user=None, alarm=alarm)
    assert low(shop)[0].acknowledged_at is None


def test_the_page_shows_what_stands_and_what_is_past_to_leads_alone(shop, client):
    past, _ = low(shop, "blocked", words="α of blocked was low.")
    settle(user=None, alarm=past)
    raise_alarm(
        project=shop.project,
        kind="drift",
        words="<b>Darker</b>",
        source="till",
        site=shop.north,
        detail={"a": 1},
    )
    raise_alarm(project=shop.project, kind="webhook_off", subject="x", words="Off.")
    page = f"/p/{shop.project.slug}/alarms/"
    for who, status in (("associate", 403), ("annotator", 403), ("stranger", 404)):
        client.force_login(getattr(shop, who))
        assert client.get(page).status_code == status
    client.force_login(shop.engineer)
    standing, _, older = client.get(page).content.decode().partition('id="past"')
    assert "&lt;b&gt;Darker&lt;/b&gt;" in standing
    assert f"{shop.north.name} · till" in standing
    assert "/runbooks/drift/" in standing
    assert f'href="/p/{shop.project.slug}/webhooks/">Look at it' in standing
    assert "α of blocked was low." in older
    assert "by itself" in older
    assert "<html" not in client.get(page, headers={"HX-Request": "true"}).content.decode()
    client.force_login(shop.qa_lead)
    assert f'href="/p/{shop.project.slug}/webhooks/">Look at it' not in client.get(page).content.decode()


def test_more_alarms_ask_no_more_of_the_database(shop, client, django_assert_num_queries):
    client.force_login(shop.engineer)
    page = f"/p/{shop.project.slug}/alarms/"
    low(shop, "0")
    client.get(page)
    with django_assert_num_queries(8):
        client.get(page)
    for subject in range(1, 6):
        alarm, _ = raise_alarm(
            project=shop.project, kind="drift", subject=str(subject), words="Darker.", site=shop.north
        )
        acknowledge(user=shop.qa_lead, alarm=alarm)
    with django_assert_num_queries(8):
        client.get(page)


def test_one_letter_goes_to_those_who_lead_and_none_when_it_is_seen_again(shop, settings):
    for who in ("qa_lead", "engineer", "annotator", "associate"):
        User.objects.filter(pk=getattr(shop, who).pk).update(email=f"{who}@shop.example")
    gone = member(shop.project, Role.ENGINEER)
    User.objects.filter(pk=gone.pk).update(email="gone@shop.example", is_active=False)
    alarm, _ = low(shop, words="α is\nlow.")
    low(shop, words="α is lower.")
    jobs = ProcrastinateJob.objects.filter(task_name=alarms.MAIL_JOB, args__alarm_id=str(alarm.pk))
    assert jobs.count() == 1
    assert [alarm_mail.mail(alarm_id=str(alarm.pk)) for _ in range(2)] == [True, False]
    (letter,) = mail.outbox
    assert (letter.to, letter.bcc) == ([], ["engineer@shop.example", "qa_lead@shop.example"])
    assert "α is lower." in letter.body
    for name, named in (("alarms", shop.project.slug), ("runbook", "agreement_low")):
        assert f"{settings.PUBLIC_URL}{reverse(name, args=[named])}\n" in letter.body


def test_no_letter_goes_about_what_is_settled_or_has_letters_of_its_own(shop):
    User.objects.filter(pk=shop.qa_lead.pk).update(email="lead@shop.example")
    alarm, _ = low(shop, words="α\nis low.")
    assert "\n" not in alarm_mail.letter(alarm, []).subject
    settle(user=None, alarm=alarm)
    assert not alarm_mail.mail(alarm_id=str(alarm.pk))
    own, _ = raise_alarm(project=shop.project, kind="alert_unanswered", subject="n", words="Nobody.")
    assert not ProcrastinateJob.objects.filter(args__alarm_id=str(own.pk)).exists()
    assert mail.outbox == []


def test_the_api_acknowledges_and_filters(shop):
    alarm, _ = raise_alarm(
        project=shop.project, kind="drift", words="Darker.", site=shop.north, source="till"
    )
    low(shop)
    path = f"/api/v1/projects/{shop.project.slug}/alarms/"
    client = shop.client(shop.engineer)
    (row,) = client.get(f"{path}?kind=drift").json()["results"]
    assert (row["site"], row["source"], row["count"], row["severity"]) == (
        shop.north.key,
        "till",
        1,
        "warning",
    )
    assert row["runbook"].endswith("/runbooks/drift/")
    assert client.get(f"{path}?kind=nonsense").status_code == 400
    acknowledging = f"/api/v1/alarms/{alarm.pk}/acknowledge/"
    assert client.post(acknowledging).json()["acknowledged_by"] == shop.engineer.username
    for who in ("annotator", "associate", "stranger"):
        assert shop.client(getattr(shop, who)).post(acknowledging).status_code in (403, 404)
    elsewhere = ProjectFactory()
    assert client_of(member(elsewhere, Role.ENGINEER), elsewhere).post(acknowledging).status_code == 404


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
