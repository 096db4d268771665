"""Who reads the figures of an installation."""

import pytest
from django.test import Client

from labeling.models import Task
from tests.factories.labeling import QueueFactory, open_task, project_with
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere():
    """A project with one open task."""
    project = project_with()
    QueueFactory(project=project, name="other")
    open_task(project.queues.get(name="other"))
    return project


def test_figures_are_read_by_who_leads_a_project_and_of_it_alone(shop, elsewhere):
    open_task(shop.queue("review"))
    answer = shop.client(shop.engineer).get("/metrics")
    assert answer.status_code == 200
    said = answer.content.decode()
    assert f'vouch_tasks_open{{project="{shop.project.slug}",queue="review"}} 1.0' in said
    assert (Task.objects.count(), "other" in said) == (2, False)
    browser = Client()
    browser.force_login(shop.qa_lead)
    assert browser.get("/metrics").content == answer.content


def test_to_anybody_else_they_are_refused_unless_they_are_open(shop, elsewhere, settings):
    open_task(shop.queue("review"))
    refused = Client().get("/metrics")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Token")
    assert "scope read" in refused.content.decode()
    for user in (shop.annotator, shop.associate):
        assert shop.client(user).get("/metrics").status_code == 401
    assert client_of(shop.engineer, shop.project, {"ingest"}).get("/metrics").status_code == 401
    settings.METRICS_OPEN = True
    said = Client().get("/metrics").content.decode()
    assert 'queue="other"} 1.0' in said
    assert 'queue="review"} 1.0' in said
