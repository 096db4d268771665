"""Audits on a schedule: what is due, what is frozen, and which alarms are raised and settled by themselves."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from labeling.domain.values import ValueRefused
from labeling.models import AgreementReport, AgreementSchedule
from labeling.queries.audits import due, schedule_of
from labeling.services import audits
from people.models import Alarm, AuditEvent
from tests.factories.agreement_story import tell
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db


def figures(overall, **labels):
    """A report's, as far as alarms look at it: (α, low, high) of all and of each label."""
    found = [{"alpha": a, "ci": [low, high], "support": 9} for a, low, high in labels.values()]
    value, low, high = overall
    return {
        "coefficients": {"krippendorff_alpha": {"value": value, "ci": [low, high]}},
        "labels": dict(zip(labels, found, strict=True)),
    }


def standing(shop):
    return dict(Alarm.objects.filter(settled_at=None).values_list("subject", "words"))


def test_an_alarm_for_each_interval_wholly_below_the_floor(shop):
    sounded = figures((0.7, 0.6, 0.8), low_stock=(0.4, 0.3, 0.5), blocked=(0.6, 0.5, 0.7))
    audits.sound_alarms(project=shop.project, figures=sounded, floor=0.667)
    assert standing(shop) == {
        "low_stock": "Agreement on Low stock is too low: α is 0.40, and its interval, 0.30 to 0.50, lies wholly "
        "below the floor of 0.667."
    }


def test_it_stands_once_and_is_settled_by_itself_when_agreement_recovers(shop):
    low = figures((0.4, 0.3, 0.5), low_stock=(0.4, 0.3, 0.5))
    for _ in range(2):
        audits.sound_alarms(project=shop.project, figures=low, floor=0.667)
    assert set(standing(shop)) == {"", "low_stock"}
    better = figures((0.8, 0.7, 0.9), low_stock=(0.5, 0.4, 0.7))
    audits.sound_alarms(project=shop.project, figures=better, floor=0.667)
    assert standing(shop) == {}
    assert set(Alarm.objects.values_list("settled_by", flat=True)) == {None}


def test_what_has_no_interval_raises_none(shop):
    nothing = figures((None, 0, 0), low_stock=(0.1, 0.0, 0.2))
    nothing["labels"]["low_stock"]["ci"] = None
    assert audits.sound_alarms(project=shop.project, figures=nothing, floor=0.667) == []


def test_it_is_weekly_until_somebody_says_otherwise():
    told = tell(images=360)
    now = timezone.now()
    assert due(now) == [told.project]
    assert audits.audit_due(now) == 1
    report = AgreementReport.objects.get()
    assert (report.project, report.made_by) == (told.project, None)
    assert set(standing(told)) >= {"low", "empty"}
    assert due(now) == due(now + timedelta(days=6)) == []
    assert due(now + timedelta(days=8)) == [told.project]
    assert audits.audit_due(now) == 0
    lead = member(told.project, "qa_lead")
    audits.change_schedule(user=lead, project=told.project, every_days=0, floor=0.8)
    assert due(now + timedelta(days=400)) == []
    assert AuditEvent.objects.get(action="agreement.schedule_changed").detail == {
        "before": {"every_days": 7, "floor": 0.667, "filters": {}},
        "now": {"every_days": 0, "floor": 0.8, "filters": {}},
    }


def test_a_project_without_answers_is_never_due(shop):
    assert due(timezone.now()) == []


@pytest.mark.parametrize(("field", "terms"), [("floor", (7, 1.5)), ("every_days", (-1, 0.5))])
def test_terms_that_cannot_be_are_refused_by_name(shop, field, terms):
    with pytest.raises(ValueRefused) as refused:
        audits.change_schedule(user=shop.qa_lead, project=shop.project, every_days=terms[0], floor=terms[1])
    assert list(refused.value.errors) == [field]
    assert not AgreementSchedule.objects.exists()


def test_it_is_changed_over_the_api_and_on_a_page(shop, client):
    path = f"/api/v1/projects/{shop.project.slug}/agreement-schedule/"
    api = client_of(shop.qa_lead, shop.project)
    assert api.get(path).json() == {"every_days": 7, "floor": 0.667, "filters": {}, "last_at": None}
    assert api.patch(path, {"floor": 0.5}, format="json").json()["every_days"] == 7
    assert api.patch(path, {"floor": 2}, format="json").status_code == 400
    rubbish = api.patch(path, {"filters": {"since": "yesterday"}}, format="json")
    assert (rubbish.status_code, list(rubbish.json()["errors"])) == (400, ["filters.since"])
    narrowed = {"filters": {"context.light": "50% \u2018dim\u2019"}}
    assert api.patch(path, narrowed, format="json").json()["filters"] == narrowed["filters"]
    page = reverse("agreement-schedule", args=[shop.project.slug])
    client.force_login(shop.annotator)
    assert client.get(page).status_code == 403
    client.force_login(shop.qa_lead)
    assert 'value="0.5"' in client.get(page).content.decode()
    shown = client.get(page, {"of": "report", "queue": "audit"}).content.decode()
    assert 'name="filter.queue" value="audit"' in shown
    assert client.get(page, {"of": "report", "since": "yesterday"}).status_code == 404
    wrong = client.post(page, {"every_days": "7", "floor": "high"})
    assert (wrong.status_code, "Give a number" in wrong.content.decode()) == (400, True)
    terms = {"every_days": "14", "floor": "0,8", "filter.queue": "audit"}
    assert client.post(page, terms).status_code == 302
    kept = schedule_of(shop.project)
    assert (kept.every_days, kept.floor, kept.filters) == (14, 0.8, {"queue": "audit"})
