"""Reports that take long: counted and frozen by a worker, and waited for by whoever asks."""

from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from labeling.domain.agreement.filters import Filters
from labeling.enums import Comparison
from labeling.models import AgreementCheck, AgreementReport
from labeling.services import agreement, agreement_checks, agreement_later
from labeling.services.agreement_later import COUNT_JOB, FREEZE_JOB
from tests.factories.agreement_story import tell
from tests.factories.labeling import AnswerFactory
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def long(client, monkeypatch):
    """A project any report of which takes long; `.lead`, who is signed in."""
    monkeypatch.setattr(agreement_later, "MOST_COUNTED", 0)
    monkeypatch.setattr(agreement_later, "MOST_FROZEN", 0)
    project = tell(images=60).project
    project.lead = member(project, "qa_lead")
    client.force_login(project.lead)
    return project


def jobs(name):
    return [job.args for job in ProcrastinateJob.objects.filter(task_name=name)]


def test_a_long_report_is_counted_once_by_a_worker_and_shown_then(long, client):
    api, address = client_of(long.lead, long), f"/api/v1/projects/{long.slug}/agreement/"
    page = client.get(reverse("agreement", args=[long.slug]))
    assert (page.status_code, b"being computed" in page.content) == (202, True)
    for form in ("json", "csv"):
        told = api.get(address, {"format": form})
        assert (told.status_code, told["Retry-After"], told["Content-Type"]) == (202, "5", "application/json")
    (job,) = jobs(COUNT_JOB)
    agreement_later.count(UUID(job["project_id"]), job["filters"])
    assert client.get(reverse("agreement", args=[long.slug])).status_code == 200
    assert api.get(address).json()["annotators"]
    assert len(jobs(COUNT_JOB)) == 1


def test_a_long_report_is_frozen_by_a_worker_once_as_of_when_it_was_asked_for(long, client):
    asked = client.post(reverse("agreement-reports", args=[long.slug]), {"name": "Then"})
    assert asked.url.startswith(f"{reverse('agreement-reports', args=[long.slug])}?waiting=")
    assert b'hx-trigger="load delay:3s"' in client.get(asked.url).content
    api = client_of(long.lead, long)
    answer = api.post(f"/api/v1/projects/{long.slug}/agreement-reports/", {"name": "Then too"}, format="json")
    assert answer.status_code == 202
    answers = agreement.report(project=long, filters=Filters())["annotations"]
    AnswerFactory(task=long.queues.get(name="review").tasks.first(), value={"label": "low"})
    for job in jobs(FREEZE_JOB) * 2:
        agreement_later.freeze(**job)
    one, other = AgreementReport.objects.filter(project=long).order_by("id")
    page = client.get(asked.url).content
    assert (b"hx-trigger" in page, b"Then" in page) == (False, True)
    assert client.get(asked.url + "0").status_code == 200
    assert (one.name, str(other.pk)) == ("Then", answer.json()["id"])
    assert {one.answers, other.answers} == {answers}
    assert agreement.reproduce(one) == one.figures
    # Its labels in another order are still its own, and not those of today.
    address = reverse("agreement-report", args=[long.slug, one.pk])
    page = client.get(address, {"labels": "support"}).content.decode()
    assert f'href="{address}?labels=alpha"' in page
    assert "hx-get" not in page


def test_a_long_report_is_made_again_by_a_worker_once(long, client):
    made = agreement.freeze(user=None, project=long, filters=Filters(), name="Then")
    page, api = reverse("agreement-report", args=[long.slug, made.pk]), client_of(long.lead, long)
    address = f"/api/v1/agreement-reports/{made.pk}/checks/"
    assert client.post(page).url == page
    assert b"is being made again" in client.get(page).content
    asked = api.post(address)
    assert (asked.status_code, asked.json()["found"]) == (202, "")
    (job,) = jobs(agreement_checks.JOB)
    for _ in range(2):
        agreement_checks.carry_out(UUID(job["check_id"]))
    text = client.get(page).content.decode()
    assert "the same to the last digit" in text
    assert "hx-get" not in text
    (listed,) = api.get(address).json()["results"]
    assert (listed["id"], listed["found"]) == (asked.json()["id"], "same")
    assert listed["made_by"] == long.lead.username


def test_a_check_that_never_came_may_be_asked_for_again(long, client):
    made = agreement.freeze(user=None, project=long, filters=Filters(), name="Then")
    first = agreement_checks.check_soon(user=long.lead, report=made)
    assert agreement_checks.check_soon(user=long.lead, report=made) == first
    long_ago = timezone.now() - 2 * agreement_checks.GIVEN_UP_AFTER
    AgreementCheck.objects.filter(pk=first.pk).update(asked_at=long_ago)
    assert agreement_checks.check_soon(user=long.lead, report=made) != first


def test_what_was_tampered_with_is_told_from_what_another_version_computes(long, monkeypatch):
    made = agreement.freeze(user=None, project=long, filters=Filters(), name="Then")
    assert agreement_checks.compared(made) == Comparison.SAME
    made.figures["annotations"] += 1
    assert agreement_checks.compared(made) == Comparison.OTHER_VERSION
    made.figures["data_hash"] = made.data_hash = "0" * 64
    assert agreement_checks.compared(made) == Comparison.DIFFERS
