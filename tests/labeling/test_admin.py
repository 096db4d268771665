"""The admin opens on every model, in a number of queries that does not grow, and changes nothing that was said."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.models import Answer, GuidelineVersion
from people.models import Token
from tests.factories.labeling import AnswerFactory, GuidelineFactory, ResolutionFactory, open_task
from tests.factories.people import TokenFactory, UserFactory, member

pytestmark = pytest.mark.django_db

MODELS = [model for model in admin.site._registry if model._meta.app_label in ("people", "labeling")]


@pytest.fixture
def root(client):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    return client


def address(model, page, *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def fill(shop):
    task = open_task(shop.queue("review"))
    AnswerFactory(task=task)
    ResolutionFactory(image=task.image)
    GuidelineFactory(project=shop.project)
    TokenFactory(project=shop.project)
    member(shop.project, "associate", shop.north, shop.south)


@pytest.mark.parametrize("model", MODELS)
def test_a_list_opens_in_as_many_queries_however_long(shop, root, model, django_assert_num_queries):
    fill(shop)
    path = address(model, "changelist")
    with CaptureQueriesContext(connection) as few:
        assert root.get(path).status_code == 200
    for _ in range(3):
        fill(shop)
    with django_assert_num_queries(len(few)):
        assert root.get(path).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_row_opens(shop, root, model):
    fill(shop)
    row = model.objects.first() or pytest.skip("nothing of it here")
    assert root.get(address(model, "change", row.pk)).status_code == 200


def test_an_answer_and_a_published_guideline_are_read_only(shop, root):
    fill(shop)
    for model in (Answer, GuidelineVersion):
        row = model.objects.first()
        assert (
            root.post(address(model, "change", row.pk), {"body": "other", "verdict": "accept"}).status_code
            == 403
        )
        assert root.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_a_draft_may_be_changed(shop, root):
    draft = GuidelineFactory(project=shop.project, number=None, published_at=None)
    sent = {"project": shop.project.pk, "body": "# Better"}
    assert root.post(address(GuidelineVersion, "change", draft.pk), sent).status_code == 302
    draft.refresh_from_db()
    assert draft.body == "# Better"


def test_a_token_may_only_be_revoked(shop, root):
    token = TokenFactory(project=shop.project, scopes=["read"])
    sent = {"revoked_at_0": "2026-01-01", "revoked_at_1": "00:00", "scopes": "admin"}
    assert root.post(address(Token, "change", token.pk), sent).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert token.scopes == ["read"]
    assert root.get(address(Token, "add")).status_code == 403
