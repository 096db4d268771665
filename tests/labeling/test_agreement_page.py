"""The agreement page on a planted story: what it finds by itself, who reads it, and what its buttons do."""

import pytest
from django.urls import reverse

from labeling.models import Task
from tests.factories.agreement_story import tell
from tests.factories.people import UserFactory, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def told():
    return tell()


@pytest.fixture
def lead(client, told):
    client.force_login(member(told.project, "qa_lead"))
    return client


def at(told, name="agreement", *more):
    return reverse(name, args=[told.project.slug, *more])


def test_it_renders(told, lead):
    reply = lead.get(at(told))
    assert reply.status_code == 200
